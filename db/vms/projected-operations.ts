import { defineEntity } from "../entity.ts";
import { during, oneOf } from "../filters.ts";
import { by } from "../list.ts";
import { projectedOperations } from "./schema/projected-operations.ts";

/** The operations of all domains, as lists and filters need them. */
export const projectedOperationEntity = defineEntity({
  table: projectedOperations,
  filters: {
    id: oneOf(projectedOperations.id),
    kind: oneOf(projectedOperations.kind),
    state: oneOf(projectedOperations.state),
    subjectType: oneOf(projectedOperations.subjectType),
    subject: oneOf(projectedOperations.subjectId),
    actor: oneOf(projectedOperations.actor),
    createdAt: during(projectedOperations.createdAt),
  },
  orders: { CREATED_AT: projectedOperations.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.operations": by(projectedOperations.subjectId),
  },
});
