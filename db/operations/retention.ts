import { sql } from "drizzle-orm";
import type { Database, Scope } from "../client.ts";
import { statement } from "../statement.ts";
import { eventNames, eventOf } from "./events.ts";
import { operations, operationSchedules, operationSteps } from "./tables.ts";

/** How many operations of one schedule that ended in the same state are kept. */
const keptOfSchedule = 20;
const perTransaction = 1_000;

const { placeholder } = sql;

/** Removes operations, their steps and nothing else, with an event for each. An operation that another transaction has locked is left for the next call. */
const removal = (chosen: ReturnType<typeof sql>) => sql`
  with chosen as (${chosen}), removed as (
    delete from ${operations} using chosen where operations.id = chosen.id returning ${operations}.*
  ), steps as (
    delete from ${operationSteps} using removed where operation_id = removed.id
  ), event as (${eventOf("removed", "deleted")})
  select count(*)::int as removed from removed`;

const removeOld = statement<{ removed: number }>(() =>
  removal(sql`
    select id from ${operations}
    where ended_at < now() - make_interval(secs => ${placeholder("seconds")}::float8) and ended_at is not null and state <> 'parked'
    order by ended_at limit ${placeholder("limit")}::int for update skip locked`),
);

const removeScheduled = statement<{ removed: number }>(() =>
  removal(sql`
    select operations.id from ${operationSchedules} cross join unnest(array['done', 'compensated', 'abandoned']) as of (state)
    cross join lateral (
      select id from ${operations} older
      where older.schedule = ${operationSchedules.name} and older.state = of.state and ended_at is not null
      order by ended_at desc offset ${placeholder("kept")}::int limit ${placeholder("limit")}::int
    ) as surplus join ${operations} on operations.id = surplus.id
    limit ${placeholder("limit")}::int for update of ${operations} skip locked`),
);

/**
 * Removes operations that ended longer ago than the retention, and all but the newest of each schedule, some in each transaction, until the signal. What is
 * parked is never removed: it lists what a person still has to remove.
 * @param system a domain's database under its system role
 * @returns how many operations were removed
 */
export async function removeEndedOperations(
  system: Database,
  scope: Scope,
  retentionSeconds: number,
  signal: AbortSignal,
  { kept = keptOfSchedule, limit = perTransaction } = {},
): Promise<number> {
  const values = { seconds: retentionSeconds, kept, limit, ...eventNames(system.domain) };
  let total = 0;
  for (const remove of [removeScheduled, removeOld])
    for (let removed = limit; removed > 0 && !signal.aborted; total += removed)
      [{ removed } = { removed: 0 }] = await system.write({ ...scope, signal }, (tx) => tx.run(remove, values));
  return total;
}
