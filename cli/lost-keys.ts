import { join, resolve } from "node:path";
import { hasUsers } from "#db/auth/credentials.ts";
import type { Database } from "#db/client.ts";
import { platformTenantId } from "#lib/platform-tenant.ts";
import type { Environment } from "./environment.ts";

/**
 * Refuses keys that a start has just made where the databases hold users: under new keys, none of their API keys and second factors would be valid.
 * @throws Error KEYS_LOST, with the ways out
 */
export async function refuseLostKeys({ dataDir }: Pick<Environment, "dataDir">, system: Database): Promise<void> {
  if (!(await hasUsers(system, platformTenantId))) return;
  const path = join(resolve(dataDir), "keys");
  const message = `The databases hold users, but their keys are not in ${path}. Put that file back, or start with the data folder or the environment (NOVACRON_PEPPER, NOVACRON_ENCRYPTION_KEYS, NOVACRON_SIGNING_KEYS) of that installation. Where the keys are lost, --new-keys makes new ones: API keys and second factors that there are become void.`;
  throw Object.assign(new Error(message), { code: "KEYS_LOST" });
}
