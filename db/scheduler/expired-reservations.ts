import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { allocationChanges } from "./changes.ts";
import { type Claim, givenBack } from "./claim-writes.ts";
import { type AllocatedChange, changeAllocated } from "./placement-nodes.ts";
import { plus } from "./schema/node-resources.ts";
import { allocationFences } from "./schema/allocation-fences.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";

const limit = sql`${sql.placeholder("limit")}::int`;

const expire = statement<Claim & ChangedRow>(
  () => sql`
    update ${resourceAllocations} set status = 'deallocated', deallocated_at = now(), expires_at = null, ${countedWrite(resourceAllocations)}
    where ${resourceAllocations.id} in (
      select ${resourceAllocations.id} from ${resourceAllocations}
      where ${resourceAllocations.status} = 'reserved' and ${resourceAllocations.expiresAt} < now()
      order by ${resourceAllocations.expiresAt} limit ${limit} for update skip locked)
    returning ${changeColumns(allocationChanges)}, ${selectList({ table: resourceAllocations })}`,
);

const stay = statement<ChangedRow>(
  () => sql`
    update ${resourceAllocations} set status = 'active', ${countedWrite(resourceAllocations)}
    where ${resourceAllocations.vmId} = any(${sql.placeholder("vmIds")}::uuid[]) and ${resourceAllocations.status} = 'migrating'
    returning ${changeColumns(allocationChanges)}`,
);

/**
 * Releases reservations of all tenants that have expired, the oldest first; only for the system role. A VM that was to move by one keeps its claim.
 * @returns how many it released; fewer than the limit when none is left, or others are released elsewhere
 */
export async function expireReservations(tx: WriteTx, atMost: number): Promise<number> {
  const expired = await tx.run(expire, { limit: atMost });
  if (expired.length === 0) return 0;
  const stayed = await tx.run(stay, { vmIds: expired.map(({ vmId }) => vmId) });
  await append(tx, changeEvents(allocationChanges, [...expired, ...stayed], "updated"));
  await changeAllocated(tx, sums(expired.map(givenBack)));
  return expired.length;
}

/** A statement changes a node once. */
function sums(changes: readonly AllocatedChange[]): AllocatedChange[] {
  const byNode = new Map<string, AllocatedChange>();
  for (const { id, amounts } of changes) {
    const before = byNode.get(id)?.amounts;
    byNode.set(id, { id, amounts: before ? plus(before, amounts) : amounts });
  }
  return [...byNode.values()];
}

/** Longer than an operation that was given up can still be called by a worker that slept. */
const fenceDays = 7;

const removeFences = statement<never>(
  () => sql`
    delete from ${allocationFences} where (operation_id, vm_id) in (
      select operation_id, vm_id from ${allocationFences}
      where ${allocationFences.calledAt} < now() - make_interval(days => ${sql.raw(String(fenceDays))}) limit ${limit})`,
);

/** Removes fences of operations that have not called for a week; only for the system role. Returns how many. */
export const removeOldFences = (tx: WriteTx, atMost: number): Promise<number> =>
  tx.execute(removeFences, { limit: atMost });
