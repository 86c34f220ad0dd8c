import type { Domain } from "#db/columns.ts";
import { newOperationId } from "#lib/operations/operation-id.ts";
import type { OperationState } from "#lib/operations/record.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

interface InsertedOperation {
  tenantId: string;
  state: OperationState;
  /** The steps that were attempted, of `first` and `second`. After the first, the operation can no longer be cancelled. */
  attempted?: readonly string[];
}

/** Inserts an operation that no worker will claim, and returns its id. */
export async function insertOperation(
  urls: Pick<TestDatabases, "url">,
  domain: Domain,
  { tenantId, state, attempted = [] }: InsertedOperation,
): Promise<string> {
  const id = newOperationId(domain);
  await asOwner(urls.url(domain), async (sql) => {
    await sql`
      insert into operations (id, tenant_id, kind, definition_version, step_names, last_safe_position, input, state, claimable_at)
      values (${id}, ${tenantId}, 'test', 1, '["first", "second"]', 0, '{}', ${state}, null)`;
    for (const [position, name] of attempted.entries())
      await sql`
        insert into operation_steps (operation_id, tenant_id, position, name, state, attempts, undo_attempts)
        values (${id}, ${tenantId}, ${position}, ${name}, 'attempted', 1, 0)`;
    if (state === "parked")
      await sql`update operations set left_behind = '[{"step": "first", "result": {"id": "a"}}]' where id = ${id}`;
  });
  return id;
}
