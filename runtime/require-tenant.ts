import type { Database } from "#db/client.ts";
import { findTenant } from "#subgraphs/auth/tenants/find-tenant.ts";

/**
 * Returns the id of the tenant of this name or id.
 * @param system the auth database under its system role
 * @throws Error TENANT_UNKNOWN
 */
export async function requireTenant(system: Database, nameOrId: string): Promise<string> {
  const id = await findTenant(system, nameOrId);
  if (id) return id;
  const message = `There is no tenant ${nameOrId}. \`novacron tenant list\` lists them.`;
  throw Object.assign(new Error(message), { code: "TENANT_UNKNOWN" });
}
