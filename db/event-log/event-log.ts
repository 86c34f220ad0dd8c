import { setMaxListeners } from "node:events";
import type { Event, EventSource, EventType } from "#events/event.ts";
import type { EventPosition, LogPosition } from "#lib/live/event-position.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Database } from "../client.ts";
import type { EventBus, AnnouncementListener } from "./buses/event-bus.ts";
import { longestReadMs, SourceLog } from "./source-log.ts";
import { checkPosition, isPositionGone, readEvents, readLogState } from "./stored-events.ts";

/** Which events are requested. A missing property does not restrict. */
export interface EventFilter {
  sources?: readonly EventSource[] | undefined;
  types?: readonly EventType[] | undefined;
  tenantId?: string | undefined;
}

/** Where to begin: after a position, with what is written from now on, or with the oldest event that is kept. */
export type EventStart = EventPosition | "now" | "oldest";

export interface EventBatch {
  /** May be empty: then no event matched the filter for a while, and the batch only reports the position. */
  events: readonly Event[];
  /** The position after the last event, from which to read or follow on. */
  position: EventPosition;
}

export interface FollowOptions extends EventFilter {
  signal: AbortSignal;
  /** After how many milliseconds without a matching event a batch reports the position anyway. */
  idleMs?: number;
  /** The most events of one database in a batch. */
  batchSize?: number;
  /** Whether a first batch, without events, reports the starting position at once. */
  emitStart?: boolean;
}

export interface EventLogOptions {
  /** The databases under their system roles. A process that has only some of them follows those. */
  databases: Readonly<Partial<Record<EventSource, Database>>>;
  buses: readonly EventBus[];
  signal: AbortSignal;
  pollMs?: number;
  capacity?: number;
}

/** How soon a follower retries a read that failed. */
const awayMs = 250;

/** Combines the logs of all databases of a process into one: all committed events, none lost, in order per database and so per entity. */
export class EventLog {
  readonly #databases: ReadonlyMap<EventSource, Database>;
  readonly #logs: ReadonlyMap<EventSource, SourceLog>;
  readonly #waiting = new Set<() => void>();
  /** Resolves after the signal. */
  readonly running: Promise<unknown>;

  constructor({ databases, buses, signal, pollMs = 2_000, capacity = 2_000 }: EventLogOptions) {
    // Each database and each bus of the process adds a listener to it.
    setMaxListeners(0, signal);
    this.#databases = new Map(Object.values(databases).map((database) => [database.domain, database]));
    const onNew = () => this.#wake();
    this.#logs = new Map(
      [...this.#databases].map(([source, database]) => [
        source,
        new SourceLog(database, { buses, signal, pollMs, capacity, onNew }),
      ]),
    );
    this.running = Promise.all([
      ...[...this.#logs.values()].map((each) => each.running),
      ...buses.map((bus) => this.#listen(bus, signal)),
    ]);
  }

  /** Returns the position after everything that is settled now. */
  head(sources?: readonly EventSource[]): Promise<EventPosition> {
    return this.positionOf("now", sources);
  }

  positionOf(start: "now" | "oldest", sources: readonly EventSource[] = this.#sources): Promise<EventPosition> {
    return this.#start(start, sources);
  }

  /**
   * Reads the events after a position, straight from the outboxes. `more` is true when the limit, which applies to each database, cut them off.
   * @throws PublicError POSITION_INVALID, POSITION_EXPIRED, DATABASE_UNAVAILABLE
   */
  async read(start: EventStart, filter: EventFilter & { limit: number }): Promise<EventBatch & { more: boolean }> {
    const sources = filter.sources ?? this.#sources;
    const position = await this.#start(start, sources);
    let more = false;
    const found = await Promise.all(
      sources.map(async (source) => {
        const cursor = position[source] as LogPosition;
        const events = await readEvents(this.#database(source), cursor.id, filter.limit);
        const last = events.at(-1);
        if (last) position[source] = { log: cursor.log, id: last.id, transaction: last.transaction };
        more ||= events.length === filter.limit;
        return events.filter(wanted(filter));
      }),
    );
    return { events: found.flat(), position, more };
  }

  /**
   * Yields the events after a position and all later ones, until the signal. Nothing is buffered for a slow reader: it reads from memory, or from the outbox
   * when it is further behind. When a database is unavailable, its events are late.
   * @throws PublicError POSITION_INVALID, POSITION_EXPIRED, also later, when the reader was too slow for what is kept
   */
  async *follow(start: EventStart, options: FollowOptions): AsyncGenerator<EventBatch, void, void> {
    const { signal, idleMs = 15_000, batchSize = 500, sources = this.#sources, emitStart = false } = options;
    const isWanted = wanted(options);
    const starting = this.#start(start, sources);
    await pause(longestReadMs, signal, starting);
    if (signal.aborted) {
      starting.catch(() => undefined);
      return;
    }
    const position = await starting;
    if (emitStart) yield { events: [], position: { ...position } };
    const logs = [...this.#logs.values()].filter(({ source }) => sources.includes(source));
    let emittedAt = performance.now();
    while (!signal.aborted) {
      // Taken before the logs are read, so that a wake-up during the reads is not missed.
      const { woken, forget } = this.#woken();
      let read = 0;
      const found: Event[] = [];
      let away = false;
      for (const each of logs) {
        const cursor = position[each.source] as LogPosition;
        const events = await each.after(cursor.id, batchSize, signal).catch((error: unknown): Event[] => {
          if (isPositionGone(error)) throw error;
          // Any other failure (unavailable, too busy, being restored) makes events late and does not end the follower.
          log.events.debug({ err: error, database: each.source }, "a follower could not read and tries again");
          away = true;
          return [];
        });
        const last = events.at(-1);
        if (!last) continue;
        position[each.source] = { log: cursor.log, id: last.id, transaction: last.transaction };
        read += events.length;
        for (const event of events) if (isWanted(event)) found.push(event);
      }
      if (signal.aborted) return;
      if (found.length > 0 || performance.now() - emittedAt >= idleMs) {
        forget();
        yield { events: found, position: { ...position } };
        emittedAt = performance.now();
      } else if (read > 0) forget();
      else {
        const untilIdleMs = emittedAt + idleMs - performance.now();
        await pause(away ? Math.min(awayMs, untilIdleMs) : untilIdleMs, signal, woken).finally(forget);
      }
    }
  }

  async #start(start: EventStart, sources: readonly EventSource[]): Promise<Record<string, LogPosition>> {
    const position: Record<string, LogPosition> = {};
    await Promise.all(
      sources.map(async (source) => {
        const given = typeof start === "string" ? undefined : start[source];
        if (given) await checkPosition(this.#database(source), given);
        position[source] = given ?? (await this.#ends(source))[start === "oldest" ? "oldest" : "head"];
      }),
    );
    return position;
  }

  #ends(source: EventSource) {
    return readLogState(this.#database(source));
  }

  get #sources(): readonly EventSource[] {
    return [...this.#databases.keys()];
  }

  /** @throws Error for a source that this log does not follow */
  #database(source: EventSource): Database {
    const database = this.#databases.get(source);
    if (!database) throw new Error(`This log has no database ${source}.`);
    return database;
  }

  async #listen(bus: EventBus, signal: AbortSignal): Promise<void> {
    const logs = [...this.#logs.values()];
    await Promise.all(logs.map(({ ready }) => ready));
    if (signal.aborted) return;
    const listener: AnnouncementListener = {
      onAnnouncement: (announcement) => this.#logs.get(announcement.source)?.receive(announcement),
      listening: () => {
        for (const each of logs) void each.catchUp();
      },
    };
    await bus.listen(Object.fromEntries(logs.map(({ source, logId }) => [source, logId])), listener, signal);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #woken(): { woken: Promise<void>; forget: () => void } {
    let resolve: () => void = () => undefined;
    const woken = new Promise<void>((done) => (resolve = done));
    this.#waiting.add(resolve);
    return { woken, forget: () => this.#waiting.delete(resolve) };
  }
}

function wanted({ types, tenantId }: EventFilter): (event: Event) => boolean {
  const set = types ? new Set<string>(types) : undefined;
  return (event) => (!set || set.has(event.type)) && (tenantId === undefined || event.tenantId === tenantId);
}
