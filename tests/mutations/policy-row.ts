import { newId } from "#lib/uuid.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

/** Inserts an enabled placement policy without rules, and returns its id. */
export async function insertPolicy(urls: Pick<TestDatabases, "url">, tenantId: string): Promise<string> {
  const id = newId();
  await asOwner(
    urls.url("scheduler"),
    (sql) => sql`
      insert into scheduling_policies (id, name, tenant_id, policy_type, rules) values (${id}, ${id}, ${tenantId}, 'placement', '[]')`,
  );
  return id;
}
