import { sql } from "drizzle-orm";
import type { Event, EventSource } from "#events/event.ts";
import type { LogPosition } from "#lib/live/event-position.ts";
import { log } from "#lib/observability/log.ts";
import { eventDelay, eventsConsumed, eventsRepeated } from "#lib/observability/metrics.ts";
import { pause } from "#lib/pause.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { Database, Tx, WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import type { EventLog } from "./event-log.ts";
import { isPositionGone } from "./stored-events.ts";

/** A component that keeps its own state up to date with the events of a log. Its effects are in one database. `Read` is the type of these events. */
export interface Consumer<Read extends Event = Event> {
  /** Stored in that database with the position: never changed. */
  name: string;
  source: EventSource;
  types: readonly Read["type"][];
  /** Applies events that were not processed before, oldest first, in the transaction that saves the position. */
  apply(tx: WriteTx, events: readonly Read[]): Promise<void>;
  /**
   * Takes over the current state from the source itself. Called at the very first start, and when missed events are no longer kept.
   * @returns the position to continue from, taken before the state was read
   */
  rebuild(): Promise<LogPosition>;
}

const defaultIdleMs = 5_000;

export interface ConsumerRun {
  system: Database;
  log: EventLog;
  signal: AbortSignal;
  /** How often a consumer that receives no events checks whether its position was set back, and saves that it has read events that it does not use. */
  idleMs?: number;
}

const savedPosition = statement<{ log: string; transaction: string; id: number }>(
  () => sql`
    select read_log as log, read_transaction::text as transaction, read_id as id from event_consumers
    where consumer = ${sql.placeholder("consumer")} and source = ${sql.placeholder("source")}`,
);

// Locked, so that of two programs with the same consumer, one waits and then finds the other's position.
const lockedPosition = statement<{ id: number }>(
  () => sql`
    select read_id as id from event_consumers
    where consumer = ${sql.placeholder("consumer")} and source = ${sql.placeholder("source")} for update`,
);

const savePosition = statement<never>(
  () => sql`
    insert into event_consumers (consumer, source, read_log, read_transaction, read_id)
    values (${sql.placeholder("consumer")}, ${sql.placeholder("source")}, ${sql.placeholder("log")},
      ${sql.placeholder("transaction")}::text::xid8, ${sql.placeholder("id")}::bigint)
    on conflict (consumer, source) do update set read_log = excluded.read_log, read_transaction = excluded.read_transaction,
      read_id = excluded.read_id, updated_at = now()`,
);

const remember = statement<{ eventId: string }>(
  () => sql`
    insert into consumed_events (consumer, event_id)
    select ${sql.placeholder("consumer")}, input.id from unnest(${sql.placeholder("eventIds")}::uuid[]) as input (id)
    on conflict do nothing returning event_id as "eventId"`,
);

const scope = (consumer: Pick<Consumer, "name">) => ({ tenantId: platformTenantId, actor: `job:${consumer.name}` });

/** Returns how far a consumer has read; undefined before its first start. */
export async function consumerPosition(
  system: Database,
  { name, source }: Pick<Consumer, "name" | "source">,
): Promise<LogPosition | undefined> {
  const [row] = await system.run(savedPosition, { consumer: name, source });
  return row && { log: row.log, id: row.id, transaction: Number(row.transaction) };
}

/** Sets the position of a consumer, back or forth. The consumer continues from it when it starts next or reads its next events. */
export async function setConsumerPosition(
  system: Database,
  consumer: Pick<Consumer, "name" | "source">,
  position: LogPosition,
): Promise<void> {
  await system.write(scope(consumer), (tx) => save(tx, consumer, position));
}

const forget = statement<never>(
  () => sql`
    delete from consumed_events
    where consumer = ${sql.placeholder("consumer")} and event_id = any(${sql.placeholder("eventIds")}::uuid[])`,
);

/**
 * Makes a consumer process the events after a position once more: they no longer count as repeats. A program that runs the consumer notices this at its next
 * events, and continues with its old position until then. The log is in another database than the consumer's. While the log is read, no transaction of the
 * consumer's database is open. A replay that ends in between has set nothing back.
 * @returns how many of the events the consumer had processed
 */
export async function replayEvents(
  system: Database,
  consumer: Pick<Consumer, "name" | "source">,
  position: LogPosition,
  eventLog: Pick<EventLog, "read">,
): Promise<number> {
  const { source } = consumer;
  let count = 0;
  let forgotten = position;
  for (;;) {
    const reached = await consumerPosition(system, consumer);
    if (!reached) throw new Error(`The consumer ${consumer.name} has read nothing of ${source}.`);
    while (forgotten.id < reached.id) {
      const page = await eventLog.read({ [source]: forgotten }, { sources: [source], limit: 1_000 });
      // Events that it has not processed yet would be remembered again.
      const eventIds = page.events.filter(({ id }) => id <= reached.id).map(({ eventId }) => eventId);
      await system.write(scope(consumer), (tx) => tx.execute(forget, { consumer: consumer.name, eventIds }));
      count += eventIds.length;
      const read = page.position[source];
      forgotten = page.more && read && read.id < reached.id ? read : reached;
    }
    const wasReset = await system.write(scope(consumer), async (tx) => {
      const [saved] = await tx.run(lockedPosition, { consumer: consumer.name, source });
      if (saved?.id !== reached.id) return false;
      await save(tx, consumer, position);
      return true;
    });
    // Otherwise the consumer has processed more events meanwhile.
    if (wasReset) return count;
  }
}

const save = (tx: Tx, { name, source }: Pick<Consumer, "name" | "source">, { log: of, id, transaction }: LogPosition) =>
  tx.execute(savePosition, { consumer: name, source, log: of, transaction: String(transaction), id });

/**
 * Applies the events of a log to a database, each exactly once: its effect, its id and the position are one transaction. Resumes from the saved position after
 * failures. Resolves after the signal.
 */
export async function runConsumer(
  consumer: Consumer,
  { system, log: eventLog, signal, idleMs = defaultIdleMs }: ConsumerRun,
): Promise<void> {
  const { name, source, types } = consumer;
  while (!signal.aborted) {
    try {
      const start = (await consumerPosition(system, consumer)) ?? (await rebuilt(consumer, system));
      const batches = eventLog.follow({ [source]: start }, { sources: [source], types, signal, idleMs });
      let expected = start.id;
      for await (const { events, position } of batches) {
        const reached = position[source] as LogPosition;
        const next = await consume(consumer, system, expected, events, reached);
        // The position was set elsewhere, or another program with this consumer is ahead or behind.
        if (!next) break;
        expected = reached.id;
      }
    } catch (error) {
      if (signal.aborted) return;
      log.events.warn({ err: error, consumer: name }, "a consumer failed and resumes from its saved position");
      if (isPositionGone(error)) await rebuilt(consumer, system).catch(() => undefined);
      await pause(500, signal);
    }
  }
}

async function rebuilt(consumer: Consumer, system: Database): Promise<LogPosition> {
  const position = await consumer.rebuild();
  await setConsumerPosition(system, consumer, position);
  return position;
}

/** @returns false when the saved position is not the one that these events follow */
async function consume(
  consumer: Consumer,
  system: Database,
  expected: number,
  events: readonly Event[],
  reached: LogPosition,
): Promise<boolean> {
  const { name, source } = consumer;
  // No events: the position is checked only to notice that the consumer was set back.
  if (reached.id === expected) return (await consumerPosition(system, consumer))?.id === expected;
  const outcome = await system.write(scope(consumer), async (tx) => {
    const [saved] = await tx.run(lockedPosition, { consumer: name, source });
    if (saved?.id !== expected) return undefined;
    const ids = events.map(({ eventId }) => eventId);
    const fresh = new Set(
      ids.length > 0 ? (await tx.run(remember, { consumer: name, eventIds: ids })).map((row) => row.eventId) : [],
    );
    const once = events.filter(({ eventId }) => fresh.delete(eventId));
    if (once.length > 0) await consumer.apply(tx, once);
    await save(tx, consumer, reached);
    return once;
  });
  if (!outcome) return false;
  eventsConsumed.inc({ consumer: name, database: source }, outcome.length);
  eventsRepeated.inc({ consumer: name, database: source }, events.length - outcome.length);
  for (const { occurredAt } of outcome) {
    eventDelay.observe({ consumer: name }, Math.max(0, Date.now() - Date.parse(occurredAt)) / 1_000);
  }
  return true;
}
