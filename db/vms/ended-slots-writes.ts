import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { vmSlots } from "./schema/vm-slots.ts";

/** Locks the slots of operations until the transaction ends: those that they have, and those that they are about to take. */
export const lockOperations = statement<never>(
  () => sql`
    select pg_advisory_xact_lock(hashtextextended('slots of ' || id, 0))
    from (select unnest(${sql.placeholder("operationIds")}::uuid[])::text as id order by 1) as operation`,
);

const release = statement<never>(
  () => sql`
    update ${vmSlots} set released_at = clock_timestamp()
    where ${vmSlots.operationId} = any(${sql.placeholder("operationIds")}::uuid[]) and ${vmSlots.releasedAt} is null`,
);

/**
 * Releases the slots of operations that have ended, of any tenant: a slot never outlives its operation. An operation that is parked has not ended, because what
 * it leaves behind is still on the VM.
 * @param tx under the system role, after it has recorded that they have ended
 * @returns how many slots were held
 */
export function releaseSlotsOf(tx: WriteTx, operationIds: readonly string[]): Promise<number> {
  tx.enqueue(lockOperations, { operationIds });
  return tx.execute(release, { operationIds });
}
