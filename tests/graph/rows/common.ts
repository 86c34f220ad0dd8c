import type { Domain } from "#db/columns.ts";
import type { Insert, RowValues } from "./values.ts";

/** Inserts the rows of the tables that every database has and that a tenant's service reads. */
export async function insertCommonRows(
  insert: Insert,
  domain: Domain,
  { tenantId, at, id, oneOf }: RowValues,
): Promise<void> {
  const operation = id(`${domain}Operation`);
  await insert("operations", {
    id: operation,
    tenant_id: tenantId,
    kind: "'rows'",
    definition_version: "1",
    step_names: `'["one", "two"]'`,
    subject: `'Vm:' || ${id("vm")}`,
    input: "'{}'",
    state: oneOf("text", "done", "compensated", "parked"),
    claimable_at: "null",
    created_at: at,
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
