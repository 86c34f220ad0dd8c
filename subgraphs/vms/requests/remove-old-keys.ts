import type { Database } from "#db/client.ts";
import { removeOldKeys as removeSome } from "#db/vms/old-request-keys.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";

const scope = { tenantId: platformTenantId, actor: "job:remove_old_request_keys" };
const perTransaction = 1_000;

/**
 * Removes the idempotency keys that were used longer than a day ago, some in each transaction, until the signal.
 * @param system the vms database under its system role
 * @returns how many keys were removed
 */
export async function removeOldKeys(system: Database, signal: AbortSignal, limit = perTransaction): Promise<number> {
  let removed = 0;
  while (!signal.aborted) {
    const some = await system.write({ ...scope, signal }, (tx) => removeSome(tx, limit));
    removed += some;
    if (some === 0) break;
  }
  return removed;
}
