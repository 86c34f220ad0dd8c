import { sql } from "drizzle-orm";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";
import { outboxSlots, slotSeconds } from "./tables.ts";

/** The ring of partitions holds four days. One slot is being written, and one may hold the events that are removed next. */
export const longestRetentionSeconds = (outboxSlots - 2) * slotSeconds;

// Ids are assigned in the order of time, so the last row of a partition is its newest.
const removable = statement<{ slot: number; lastId: number }>(
  () => sql`
    with delivered as (
      select max(relayed_id) as id from event_relay_checkpoints
      where reached_at <= now() - make_interval(secs => ${sql.placeholder("seconds")}::float8)
    )
    select ring.slot, newest.id as "lastId" from generate_series(0, ${sql.raw(String(outboxSlots - 1))}) as ring (slot)
    cross join lateral (
      select id, occurred_at from outbox_events where outbox_events.slot = ring.slot order by id desc limit 1
    ) as newest, delivered
    where newest.occurred_at < now() - make_interval(secs => ${sql.placeholder("seconds")}::float8) and newest.id <= delivered.id`,
);

const lock = (slot: number) => sql.raw(`lock table outbox_events_${slot} in access exclusive mode`);
const lastOf = statement<{ lastId: number | null }>(
  () => sql`select max(id) as "lastId" from outbox_events where slot = ${sql.placeholder("slot")}::smallint`,
);
const raiseHorizon = statement<never>(
  () => sql`update event_log set horizon_id = greatest(horizon_id, ${sql.placeholder("lastId")}::bigint)`,
);
const forgetCheckpoints = statement<never>(
  () => sql`
    delete from event_relay_checkpoints where reached_at < (
      select max(reached_at) from event_relay_checkpoints
      where reached_at <= now() - make_interval(secs => ${sql.placeholder("seconds")}::float8))`,
);
// Kept longer than an event, which is removed with the last event of its partition.
const forgetConsumed = statement<never>(
  () => sql`
    delete from consumed_events
    where consumed_at < now() - make_interval(secs => 2 * ${sql.placeholder("seconds")}::float8 + ${sql.raw(String(slotSeconds))})`,
);

/**
 * Removes events that were delivered longer ago than the retention, a partition at a time, and the records that exist only because of them. A partition that a
 * transaction still writes to or reads from is left for the next call, and so is everything after the signal.
 * @param retentionSeconds how long after its delivery an event can be read at least; at most `longestRetentionSeconds`
 * @returns how many partitions were emptied
 */
export async function removeOldEvents(
  system: Database,
  retentionSeconds: number,
  signal?: AbortSignal,
): Promise<number> {
  const scope = { tenantId: platformTenantId, actor: "job:remove_old_events" };
  const seconds = Math.min(retentionSeconds, longestRetentionSeconds);
  let emptied = 0;
  for (const { slot, lastId } of await system.run(removable, { seconds })) {
    if (signal?.aborted) return emptied;
    emptied += await system
      .write(scope, async (tx) => {
        await tx.run(statement(() => lock(slot)));
        const [last] = await tx.run(lastOf, { slot });
        // The ring has come round to this partition again.
        if (last?.lastId !== lastId) return 0;
        await tx.execute(raiseHorizon, { lastId });
        await tx.run(statement(() => sql.raw(`truncate outbox_events_${slot}`)));
        return 1;
      })
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code === "WRITE_CONFLICT") return 0;
        throw error;
      });
  }
  await system.write(scope, async (tx) => {
    await tx.execute(forgetCheckpoints, { seconds });
    await tx.execute(forgetConsumed, { seconds });
  });
  return emptied;
}
