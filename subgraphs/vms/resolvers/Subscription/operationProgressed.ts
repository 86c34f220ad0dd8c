import { projectedOperationEntity } from "#db/vms/projected-operations.ts";
import { newRows } from "#subgraphs/new-rows.ts";
import type { VmsContext } from "../../context.ts";
import { operationOf } from "../Operation.ts";

export const operationProgressed = {
  ...newRows({ type: "Operation", entity: projectedOperationEntity, event: "operation.created", noun: "operation" }),
  types: ["operation.created", "operation.updated"],
  resolve: ({ id }: { id: string }, _args: unknown, context: VmsContext) => operationOf(context, id),
};
