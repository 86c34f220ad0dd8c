import { type Event, presentType } from "#events/event.ts";
import type { LogPosition } from "#lib/live/event-position.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import type { Database } from "../client.ts";
import type { Announcement, EventBus } from "./buses/event-bus.ts";
import { RecentEvents } from "./recent-events.ts";
import { isPositionGone, type LogState, readEvents, readLogState } from "./stored-events.ts";

export interface SourceLogOptions {
  buses: readonly EventBus[];
  signal: AbortSignal;
  /** How often the log is polled when nothing wakes it. */
  pollMs: number;
  /** How many of the newest events are kept in memory. */
  capacity: number;
  /** Called when there are new events. */
  onNew(): void;
}

const readAtOnce = 1_000;
/** Longer than the server lets a statement run. */
export const longestReadMs = 60_000;
/** The polling interval while announcements are unlikely to arrive. */
const unhealthyPollMs = 250;

/** One database's log as a process follows it. It holds the newest events, kept up to date by buses and by polling the outbox. */
export class SourceLog {
  readonly #system: Database;
  readonly #options: SourceLogOptions;
  #recent: RecentEvents | undefined;
  #logId = "";
  #catchingUp: Promise<void> | undefined;
  #behind = false;
  #failed = false;
  #isReady: () => void = () => undefined;
  /** Resolves when the log has been found, or at the signal. */
  readonly ready = new Promise<void>((resolve) => (this.#isReady = resolve));
  /** Resolves after the signal. */
  readonly running: Promise<void>;

  constructor(system: Database, options: SourceLogOptions) {
    this.#system = system;
    this.#options = options;
    this.running = this.#run();
  }

  get source() {
    return this.#system.domain;
  }

  state(): Promise<LogState> {
    return readLogState(this.#system);
  }

  position({ id, transaction }: { id: number; transaction: number }): LogPosition {
    return { log: this.#logId, id, transaction };
  }

  /**
   * Returns the events after an id, from memory where they are there; none when the signal comes first.
   * @throws PublicError POSITION_EXPIRED, POSITION_INVALID, DATABASE_UNAVAILABLE
   */
  async after(id: number, limit: number, signal: AbortSignal): Promise<Event[]> {
    const known = this.#recent?.after(id, limit);
    if (known) return known;
    const reading = readEvents(this.#system, id, limit);
    await pause(longestReadMs, signal, reading);
    if (signal.aborted) {
      reading.catch(() => undefined);
      return [];
    }
    return reading;
  }

  async #run(): Promise<void> {
    const { buses, signal, pollMs } = this.#options;
    while (!signal.aborted && !this.#recent) {
      try {
        const { head } = await this.state();
        this.#logId = head.log;
        this.#recent = new RecentEvents(head, this.#options.capacity);
        this.#options.onNew();
      } catch (error) {
        log.events.warn({ err: error, database: this.source }, "the event log of a database cannot be read yet");
        await pause(unhealthyPollMs, signal);
      }
    }
    this.#isReady();
    while (!signal.aborted) {
      await this.catchUp();
      // Each bus may be the only one through which another process's relay can reach this process.
      const healthy = !this.#failed && buses.length > 0 && buses.every((bus) => bus.healthy);
      await pause(healthy ? pollMs : Math.min(pollMs, unhealthyPollMs), signal);
    }
  }

  get logId(): string {
    return this.#logId;
  }

  receive({ source, log: of, after, last, events }: Announcement): void {
    const recent = this.#recent;
    if (!recent || source !== this.source || of !== this.#logId || last <= recent.head.id) return;
    if (events && after <= recent.head.id) {
      // A relay of the previous release announces events under their former names.
      const named = events.map((event) => ({ ...event, type: presentType(event.type) }));
      if (recent.add(named)) this.#options.onNew();
    } else void this.catchUp();
  }

  /** Reads on from the newest known event. Of many callers at once, one reads, and then once more for the rest. */
  catchUp(): Promise<void> {
    this.#behind = true;
    return (this.#catchingUp ??= this.#readOn());
  }

  async #readOn(): Promise<void> {
    // Runs after the assignment of the promise that this returns, so that its end comes after the assignment too.
    await Promise.resolve();
    while (this.#behind && !this.#options.signal.aborted) {
      this.#behind = false;
      await this.#readOnce().then(
        () => (this.#failed = false),
        (error: unknown) => {
          this.#failed = true;
          log.events.debug({ err: error, database: this.source }, "reading the state of the event log failed");
        },
      );
    }
    // In the same tick as the last check of `behind`: a later caller starts a new read.
    this.#catchingUp = undefined;
  }

  async #readOnce(): Promise<void> {
    const recent = this.#recent;
    if (!recent) return;
    try {
      const events = await readEvents(this.#system, recent.head.id, readAtOnce);
      if (recent.add(events)) this.#options.onNew();
      if (events.length === readAtOnce) this.#behind = true;
    } catch (error) {
      if (!isPositionGone(error)) throw error;
      // No follower may silently miss removed events: a follower that has not read them gets an error at its next read.
      recent.restart((await this.state()).head);
      this.#options.onNew();
    }
  }
}
