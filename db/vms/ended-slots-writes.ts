import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { vmSlots } from "./schema/vm-slots.ts";
import { lockOperations } from "./slot-lock.ts";

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

/**
 * Releases the slots of operations that exist no more, of any tenant, whatever was known of them. Without their locks: those let a call that takes a slot see
 * that its operation has ended, and of these no record is left to see.
 * @param tx under the system role
 * @returns how many slots were held
 */
export const releaseSlotsOfRemoved = (tx: WriteTx, operationIds: readonly string[]): Promise<number> =>
  tx.execute(release, { operationIds });
