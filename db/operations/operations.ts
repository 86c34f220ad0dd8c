import { sql } from "drizzle-orm";
import type { StepRecord } from "#lib/operations/record.ts";
import type { Tx } from "../client.ts";
import { defineEntity } from "../entity.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { operations, operationSteps } from "./tables.ts";

/** The operations of one domain's database, as its subgraph shows them: without their inputs and without what belongs to workers. */
export const operationEntity = defineEntity({
  table: operations,
  omit: [
    "definitionVersion",
    "input",
    "idempotencyKey",
    "signals",
    "suspended",
    "claimableAt",
    "leaseId",
    "token",
    "version",
  ],
  filters: {},
  orders: { CREATED_AT: operations.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

/** A step that was attempted. */
export interface OperationStepRow extends Pick<
  StepRecord,
  "position" | "name" | "state" | "attempts" | "undoAttempts" | "error"
> {
  startedAt: Date;
  updatedAt: Date;
}

const stepsOf = statement<OperationStepRow & { operationId: string }>(
  () => sql`
    select operation_id as "operationId", position, name, state, attempts, undo_attempts as "undoAttempts", error, started_at as "startedAt",
      updated_at as "updatedAt"
    from ${operationSteps}
    where operation_id = any(${sql.placeholder("ids")}::uuid[]) and ${ofTenant(operationSteps.tenantId)} order by position`,
);

/** Returns the steps of each operation that were attempted, in their order. */
export async function stepsOfOperations(tx: Tx, ids: readonly string[]): Promise<OperationStepRow[][]> {
  const steps = new Map<string, OperationStepRow[]>(ids.map((id) => [id, []]));
  for (const row of await tx.run(stepsOf, { ids, tenantId: tx.tenantId })) steps.get(row.operationId)?.push(row);
  return ids.map((id) => steps.get(id) ?? []);
}
