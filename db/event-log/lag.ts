import { sql } from "drizzle-orm";
import type { EventSource } from "#events/event.ts";
import { statement } from "../statement.ts";
import type { LogReader } from "./stored-events.ts";

/** How far a database's relay is behind its outbox. */
export interface RelayLag {
  database: EventSource;
  /** The last settled id. */
  headId: number;
  relayedId: number;
  /** The number of events that were not announced yet. */
  events: number;
  /** How long the oldest of them has been waiting, in seconds; 0 when there is none. */
  seconds: number;
  /** The last id that is no longer kept. */
  horizonId: number;
}

const relay = statement<Omit<RelayLag, "database">>(
  () => sql`
    select head as "headId", relayed_id as "relayedId", horizon_id as "horizonId", waiting.events, waiting.seconds
    from event_log, event_relay, settled_outbox_id() as head cross join lateral (
      select count(*)::int as events, coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0)::float8 as seconds
      from outbox_events where id > relayed_id and id <= head) as waiting`,
);

export async function relayLag(system: LogReader): Promise<RelayLag> {
  const [row] = await system.run(relay);
  if (!row) throw new Error(`The ${system.domain} database has no event log.`);
  return { database: system.domain, ...row };
}

/** How far a consumer is behind the log that it reads. */
export interface ConsumerLag {
  consumer: string;
  /** The database of its effects. */
  database: EventSource;
  source: EventSource;
  readId: number;
  /** The number of events of that log after its position. Events of types that it does not process count until it has passed them. */
  events: number;
}

const positions = statement<{ consumer: string; source: EventSource; readId: number }>(
  () => sql`select consumer, source, read_id as "readId" from event_consumers order by consumer, source`,
);
const unread = statement<{ events: number }>(
  () => sql`
    select count(*)::int as events from settled_outbox_id() as head join outbox_events on id > ${sql.placeholder("readId")}::bigint
      and id <= head`,
);

/** Returns the lag of every consumer whose effects are in one database. */
export async function consumerLags(
  system: LogReader,
  logOf: (source: EventSource) => LogReader,
): Promise<ConsumerLag[]> {
  const consumers = await system.run(positions);
  return Promise.all(
    consumers.map(async ({ consumer, source, readId }) => {
      const [row] = await logOf(source).run(unread, { readId });
      return { consumer, database: system.domain, source, readId, events: row?.events ?? 0 };
    }),
  );
}
