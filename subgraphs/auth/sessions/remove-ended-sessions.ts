import { removeEndedSessions as removeSome } from "#db/auth/ended-sessions.ts";
import type { Database, Scope } from "#db/client.ts";

const perTransaction = 1_000;

/**
 * Removes the sessions that ended longer ago than they are kept, some in each transaction, until the signal.
 * @param system the auth database under its system role
 * @returns how many sessions were removed
 */
export async function removeEndedSessions(
  system: Database,
  scope: Scope,
  now: Date,
  signal: AbortSignal,
  limit = perTransaction,
): Promise<number> {
  let removed = 0;
  while (!signal.aborted) {
    const some = await system.write(scope, (tx) => removeSome(tx, now, limit));
    removed += some;
    if (some === 0) break;
  }
  return removed;
}
