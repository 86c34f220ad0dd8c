import { setTimeout as delay } from "node:timers/promises";
import { PublicError } from "#lib/errors.ts";

/** How long a call waits for the server to have a free connection slot. */
const slotWaitMs = 1_000;
const slotRetryMs = 50;

export interface Patience {
  /** Until when a call waits for the outcome, on the clock of `performance.now()`, which does not jump. */
  endsAt?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** The kind of the work. Work that writes takes no more than its share of the places, however many calls wait. */
export type Lane = "reads" | "writes";

interface Waiting {
  since: number;
  lane: Lane;
  let: () => void;
  refuse: (error: unknown) => void;
}

/** What the errors of the work mean for the calls that wait behind it. */
export interface Meaning {
  /** Whether the server takes no connections at all. */
  isUnreachable(error: unknown): boolean;
  /** Whether the server has no connection slot left for us. Such an error is raised before anything begins. */
  hasNoSlot(error: unknown): boolean;
}

/**
 * Admits as many calls as there are connections, in order within a lane. The driver's own queue has no limit. Behind a server that is gone, it would give each
 * statement its own attempt to connect, one after the other. No caller could leave that queue at its deadline.
 */
export class Admission {
  #places: number;
  /** How many more calls may write. Calls that read are limited only by the places. */
  #writers: number;
  readonly #meaning: Meaning;
  readonly #waiting = new Set<Waiting>();

  constructor({ places, writers = places }: { places: number; writers?: number }, meaning: Meaning) {
    this.#places = places;
    this.#writers = writers;
    this.#meaning = meaning;
  }

  get isFull(): boolean {
    return this.#places === 0;
  }

  /**
   * Runs `work` when there is a connection for it, and retries for up to a second while the server has no slot for the connection.
   * @throws what `work` throws, also for the calls that wait behind it when the server is gone or full; PublicError SUBGRAPH_TIMEOUT at the deadline
   */
  async enter<T>({ endsAt, signal }: Patience, work: () => Promise<T>, lane: Lane = "reads"): Promise<T> {
    const since = performance.now();
    if (this.#mayEnter(lane)) this.#take(lane);
    else await this.#wait({ since, lane }, endsAt, signal);
    try {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (this.#meaning.isUnreachable(error)) this.#refuse(error, Infinity);
          if (!this.#meaning.hasNoSlot(error)) throw error;
          const now = performance.now();
          this.#refuse(error, now - slotWaitMs);
          if (now + slotRetryMs > Math.min(since + slotWaitMs, endsAt ?? Infinity)) throw error;
          await delay(slotRetryMs);
        }
      }
    } finally {
      this.#places += 1;
      if (lane === "writes") this.#writers += 1;
      this.#letNext();
    }
  }

  #mayEnter(lane: Lane): boolean {
    return this.#places > 0 && (lane === "reads" || this.#writers > 0);
  }

  #take(lane: Lane): void {
    this.#places -= 1;
    if (lane === "writes") this.#writers -= 1;
  }

  #letNext(): void {
    for (const each of this.#waiting) {
      if (!this.#mayEnter(each.lane)) continue;
      this.#take(each.lane);
      return each.let();
    }
  }

  /** Rejects the calls that have waited since then or longer. */
  #refuse(error: unknown, since: number): void {
    for (const each of this.#waiting) if (each.since <= since) each.refuse(error);
  }

  #wait(
    { since, lane }: Pick<Waiting, "since" | "lane">,
    endsAt: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(entry);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const entry: Waiting = {
        since,
        lane,
        let: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const abort = () => entry.refuse(signal?.reason);
      const late = () =>
        entry.refuse(new PublicError("SUBGRAPH_TIMEOUT", "The database did not answer before the deadline."));
      const timer = endsAt === undefined ? undefined : setTimeout(late, Math.max(0, endsAt - since));
      this.#waiting.add(entry);
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
