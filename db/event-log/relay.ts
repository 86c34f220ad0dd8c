import { sql } from "drizzle-orm";
import type { Event } from "#events/event.ts";
import { eventsRelayed, relayFailures } from "#lib/observability/metrics.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Domain } from "../columns.ts";
import { statement } from "../statement.ts";
import type { EventBus } from "./buses/event-bus.ts";
import { openSession, type Session } from "./session.ts";
import { readEvents } from "./stored-events.ts";

export interface RelayOptions {
  domain: Domain;
  url: string;
  buses: readonly EventBus[];
  signal: AbortSignal;
  /** How often a relay that does not lead tries to take over. */
  takeoverMs?: number;
  /** How often the relay polls the outbox when nothing wakes it. */
  pollMs?: number;
  batchSize?: number;
}

/** While writers are active, the relay polls the outbox without being woken: after the first delay, then ever less often, up to the second. */
const busyMs = [1, 16] as const;
/** The relay does not wait longer for a bus. Followers find by polling what the bus did not announce. */
const announceMs = 5_000;

// Next to the lock of the writers' announcements, which has the number before as its class.
const lockClass = sql.raw("7236985");

const tryLead = statement<{ leads: boolean }>(() => sql`select pg_try_advisory_lock(${lockClass}, 0) as leads`);

// See the migration: writers that append while this lock is held notify. It cannot be acquired while a writer that did not notify is still running.
const sleepLock = sql.raw("7236986");
const fallAsleep = statement<{ asleep: boolean }>(() => sql`select pg_try_advisory_lock(${sleepLock}, 0) as asleep`);
/** No notification reports that a transaction was rolled back and that the events it held up can be read now. */
const anyUnsettled = statement<{ unsettled: boolean }>(
  () => sql`
    select settled_outbox_id() < case when is_called then last_value else 0 end as unsettled from outbox_events_id_seq`,
);
const awaken = statement<never>(() => sql`select pg_advisory_unlock(${sleepLock}, 0)`);

const cursor = statement<{ log: string; relayed: number }>(
  () => sql`select replace(log_id::text, '-', '') as log, relayed_id::float8 as relayed from event_log, event_relay`,
);

/** Saved only by the relay that holds the lock. */
const save = statement<{ leads: boolean }>(
  () => sql`
    with leader as (
      select from pg_locks where locktype = 'advisory' and classid = ${lockClass} and objid = 0 and objsubid = 2 and granted
        and pid = pg_backend_pid()
    ), moved as (
      update event_relay set relayed_id = ${sql.placeholder("id")}::bigint, relayed_at = now(),
        relayed_transaction = ${sql.placeholder("transaction")}::text::xid8
      where exists (select from leader) and relayed_id < ${sql.placeholder("id")}::bigint returning relayed_id, relayed_at
    ), checkpoint as (
      -- Rounds up to the next minute: an event delivered later in this minute must not count as delivered at its start.
      insert into event_relay_checkpoints (reached_at, relayed_id)
      select date_trunc('minute', relayed_at) + interval '1 minute', relayed_id from moved
      on conflict (reached_at) do nothing
    )
    select exists (select from leader) as leads`,
);

/**
 * Announces the events of one database's outbox: at least once, in order, by one relay at a time. Any number of relays may run. The lock ends with its holder's
 * connection, and the next relay continues from the saved cursor. Resolves after the signal; never rejects.
 */
export async function runRelay(options: RelayOptions): Promise<void> {
  const { domain, url, signal, takeoverMs = 500 } = options;
  while (!signal.aborted) {
    const waker = new Waker();
    let session: Session | undefined;
    try {
      session = await openSession({
        domain,
        url,
        name: "novacron relay",
        channels: ["novacron_outbox"],
        onNotify: () => waker.wake(),
      });
      const lost = new AbortController();
      const ended = AbortSignal.any([signal, lost.signal]);
      void session.closed.then(() => {
        lost.abort();
        waker.wake();
      });
      while (!ended.aborted && (await session.run(tryLead))[0]?.leads !== true) {
        await pause(takeoverMs, ended);
      }
      if (!ended.aborted) await relayWhileLeading(session, { ...options, signal: ended }, waker);
    } catch (error) {
      if (!signal.aborted)
        log.events.warn({ err: error, database: domain }, "the relay of a database failed and restarts");
      relayFailures.inc({ database: domain });
    }
    await session?.close().catch(() => undefined);
    await pause(takeoverMs / 2, signal);
  }
}

async function relayWhileLeading(session: Session, options: RelayOptions, waker: Waker): Promise<void> {
  const { domain, signal, pollMs = 1_000, batchSize = 500 } = options;
  const [start] = await session.run(cursor);
  if (!start) throw new Error(`The ${domain} database has no event log.`);
  const reader = { domain, run: session.run };
  let after = start.relayed;
  let busy: number = busyMs[0];
  /** @returns whether there were events, and this relay still leads */
  const relay = async (): Promise<boolean> => {
    const events = await readEvents(reader, after, batchSize);
    const last = events.at(-1);
    if (!last) return false;
    await announce(options, { log: start.log, after }, events);
    const [saved] = await session.run(save, { id: last.id, transaction: String(last.transaction) });
    if (saved?.leads !== true) throw new Error("Another relay leads now.");
    after = last.id;
    busy = busyMs[0];
    eventsRelayed.inc({ database: domain }, events.length);
    return true;
  };
  const doze = async () => {
    await pause(busy, signal);
    busy = Math.min(2 * busy, busyMs[1]);
  };
  while (!signal.aborted) {
    if (await relay()) continue;
    if ((await session.run(fallAsleep))[0]?.asleep !== true) {
      await doze();
      continue;
    }
    waker.reset();
    // Queried before the look. Events that are held up now, and released between the two, would otherwise be neither seen nor announced.
    const unsettled = (await session.run(anyUnsettled))[0]?.unsettled === true;
    // Relays what was committed between the look and the lock. Writers that begin from now on notify.
    const more = await relay();
    if (!more && !unsettled) await waker.wait(pollMs, signal);
    await session.run(awaken);
    if (unsettled) await doze();
  }
}

async function announce(
  { domain, buses, signal }: RelayOptions,
  { log: of, after }: { log: string; after: number },
  events: readonly Event[],
): Promise<void> {
  const last = events.at(-1)?.id ?? after;
  for (const bus of buses) {
    // A bus that fails makes followers late, never incomplete: they read the outbox.
    const announced = bus.announce({ source: domain, log: of, after, last, events }).catch((error: unknown) => {
      relayFailures.inc({ database: domain });
      log.events.debug({ err: error, bus: bus.name }, "events were not announced");
    });
    await pause(announceMs, signal, announced);
  }
}

/** Remembers a wake-up until the next wait, so that a wake-up before the wait is not lost. */
class Waker {
  #woken = false;
  #resolve: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Forgets earlier wake-ups. */
  reset(): void {
    this.#woken = false;
  }

  /** Resolves at a wake-up since the last reset, at the signal, or after the time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#woken) return;
    await pause(ms, signal, new Promise<void>((resolve) => (this.#resolve = resolve)));
    this.#resolve = undefined;
  }
}
