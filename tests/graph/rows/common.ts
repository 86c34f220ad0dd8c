import type { Insert, RowValues } from "./values.ts";

/** Inserts the rows of the tables that every database has and that a tenant's service reads. */
export async function insertCommonRows(insert: Insert, { tenantId, id }: RowValues): Promise<void> {
  const operation = id("tenant");
  await insert("operations", {
    id: operation,
    tenant_id: tenantId,
    kind: "'rows'",
    definition_version: "1",
    input: "'{}'",
    state: "'done'",
    claimable_at: "null",
  });
  await insert("operation_steps", {
    operation_id: operation,
    tenant_id: tenantId,
    position: "0",
    name: "'one'",
    state: "'done'",
    attempts: "1",
    undo_attempts: "0",
  });
}
