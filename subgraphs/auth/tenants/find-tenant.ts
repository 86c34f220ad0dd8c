import { tenantNamed, tenantWithId } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";

/**
 * Returns the id of the tenant of this name or id; undefined when there is none.
 * @param system the auth database under its system role
 */
export const findTenant = async (system: Database, nameOrId: string): Promise<string | undefined> =>
  (await tenantNamed(system, nameOrId)) ?? (await tenantWithId(system, nameOrId));
