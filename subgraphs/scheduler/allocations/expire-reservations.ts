import type { Database, Scope } from "#db/client.ts";
import { expireReservations as expireSome, removeOldFences } from "#db/scheduler/expired-reservations.ts";

const perTransaction = 500;

/**
 * Releases the reservations that have expired, some in each transaction, until the signal, and removes fences that no call needs any more.
 * @param system the scheduler database under its system role
 * @returns how many reservations were released
 */
export async function expireReservations(system: Database, scope: Scope, signal: AbortSignal): Promise<number> {
  let released = 0;
  while (!signal.aborted) {
    const some = await system.write(scope, (tx) => expireSome(tx, perTransaction));
    released += some;
    if (some === 0) break;
  }
  while (!signal.aborted) if ((await system.write(scope, (tx) => removeOldFences(tx, perTransaction))) === 0) break;
  return released;
}
