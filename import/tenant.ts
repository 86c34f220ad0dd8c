import { existsSync } from "node:fs";
import { tenantNamed, tenantWithId } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";
import { administratorFile, readAdministrator } from "#runtime/administrator-file.ts";
import { problem } from "#cli/auth/problem.ts";
import {
  defaultTenantName,
  ensureTenant,
  findDefaultTenant,
  type Tenant,
} from "#subgraphs/auth/tenants/default-tenant.ts";
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
  const id = (await tenantNamed(system, given)) ?? (await tenantWithId(system, given));
  if (id) return { id, name: given };
  if (!isTenantName(given)) throw problem({ code: "NAME_INVALID", message: tenantNameRule });
  return ensureTenant(auth, system, given, "import");
}

/** Returns how to see a tenant that the key of admin.json does not act in; undefined when there is nothing to explain. */
export function wayToSee(dataDir: string, { id, name }: Tenant): string | undefined {
  const path = administratorFile(dataDir);
  if (!existsSync(path) || readAdministrator(path).tenantId === id) return undefined;
  return `The key in ${path} acts in another tenant. \`novacron key create admin --name ${name} --scopes '*' --acts-in ${name}\` makes one that sees this data; signIn takes tenantId: "${id}".`;
}
