import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

/** Returns the anonymous identity, a stranger in the tenant with each built-in role, least rights first, and users of the platform who act in it. */
export async function everyRole(urls: TestDatabases, tenantId: string): Promise<Map<string, Identity>> {
  const roles = await asOwner(
    urls.url("auth"),
    (sql) => sql<{ name: string; permissions: string[] }[]>`
      select name, permissions from roles where tenant_id is null
      order by array_position(array['viewer', 'user', 'operator', 'admin'], name::text)`,
  );
  const ofThePlatform = { ...stranger(tenantId), userTenantId: platformTenantId };
  return new Map([
    ["anonymous", anonymous],
    ...roles.map(({ name, permissions }): [string, Identity] => [name, { ...stranger(tenantId), permissions }]),
    ...roles
      .filter(({ name }) => name === "viewer" || name === "admin")
      .map(({ name, permissions }): [string, Identity] => [`platform ${name}`, { ...ofThePlatform, permissions }]),
  ]);
}

/** Returns a user of the tenant without permissions or objects of their own. */
export const stranger = (tenantId: string): Identity => ({
  kind: "user",
  id: "0197a000-ffff-7000-8000-000000000001",
  tenantId,
  permissions: [],
});
