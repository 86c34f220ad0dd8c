import type { Database } from "#db/client.ts";
import {
  defaultTenantName,
  ensureTenant,
  findDefaultTenant,
  type Tenant,
} from "#subgraphs/auth/tenants/default-tenant.ts";
import { findTenant } from "#subgraphs/auth/tenants/find-tenant.ts";
import { isTenantName, tenantNameRule } from "#subgraphs/auth/tenants/tenants.ts";

/**
 * Returns the tenant that an import writes into, and creates it where needed.
 * @param given its name or its id; a new name creates a tenant
 * @throws Error NAME_INVALID
 */
export async function tenantOfImport(
  { auth, system }: { auth: Database; system: Database },
  given: string | undefined,
): Promise<Tenant> {
  if (given === undefined)
    return (await findDefaultTenant(system)) ?? ensureTenant(auth, system, defaultTenantName, "import");
  const id = await findTenant(system, given);
  if (id) return { id, name: given };
  if (!isTenantName(given)) throw Object.assign(new Error(tenantNameRule), { code: "NAME_INVALID" });
  return ensureTenant(auth, system, given, "import");
}
