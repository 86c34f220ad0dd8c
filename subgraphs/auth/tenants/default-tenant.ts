import { recordAudit } from "#db/auth/audit-writes.ts";
import { tenantNamed } from "#db/auth/credentials.ts";
import { insertTenant } from "#db/auth/tenant-writes.ts";
import type { Database } from "#db/client.ts";
import { demoTenantId, demoTenantName } from "#lib/trust/demo-tenant.ts";
import { importedId } from "#lib/uuid.ts";

/** The tenant of an installation without a demo fleet. Imports write to it, and the key of admin.json acts in it. */
export const defaultTenantName = "default";

export interface Tenant {
  id: string;
  name: string;
}

/** Returns the id of a tenant that is created: the same for a name in every installation. */
export const madeTenantId = (name: string): string =>
  name === demoTenantName ? demoTenantId : importedId("tenant", name);

/** Returns the tenant that is used when none is named: `default`, or otherwise `demo`. Undefined when there is neither. */
export async function findDefaultTenant(system: Database): Promise<Tenant | undefined> {
  for (const name of [defaultTenantName, demoTenantName]) {
    const id = await tenantNamed(system, name);
    if (id) return { id, name };
  }
  return undefined;
}

/** Creates a tenant without users, if there is none of this name. */
export async function ensureTenant(auth: Database, system: Database, name: string, actor: string): Promise<Tenant> {
  const found = await tenantNamed(system, name);
  if (found) return { id: found, name };
  const id = madeTenantId(name);
  const displayName = name.charAt(0).toUpperCase() + name.slice(1);
  await auth.write({ tenantId: id, actor: `command:${actor}` }, async (tx) => {
    // Of two calls at once, one creates it.
    if (!(await insertTenant(tx, { name, displayName, description: null }))) return;
    await recordAudit(tx, {
      action: "tenant.create",
      success: true,
      userId: null,
      actorName: actor,
      metadata: { tenantId: id, name },
    });
  });
  return { id, name };
}
