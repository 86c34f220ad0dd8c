import { setTimeout as delay } from "node:timers/promises";
import { PublicError } from "#lib/errors.ts";

/** How long somebody waits for the server to have a free connection slot. */
const slotWaitMs = 1_000;
const slotRetryMs = 50;

export interface Patience {
  /** Until when somebody waits for the outcome, on the clock of `performance.now()`: it does not jump. */
  endsAt?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What the work is: those that write take no more than their share of the places, however many wait. */
export type Lane = "reads" | "writes";

interface Waiting {
  since: number;
  lane: Lane;
  let: () => void;
  refuse: (error: unknown) => void;
}

/** What the errors of the work mean for those who wait behind it. */
export interface Meaning {
  /** The server takes no connections at all. */
  isUnreachable(error: unknown): boolean;
  /** The server has no connection slot left for us; raised before anything was begun. */
  hasNoSlot(error: unknown): boolean;
}

/**
 * Lets as many in as there are connections, in order within a lane. The driver's own queue knows no end: behind a server that is gone it would give each
 * statement an attempt of its own to connect, one after the other, and nobody could leave it at his deadline.
 */
export class Admission {
  #places: number;
  /** How many more may write; those that read are limited by the places alone. */
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
   * Runs `work` when there is a connection for it, and again for up to a second while the server has no slot for that.
   * @throws what `work` throws, also for those behind it when the server is gone or full; PublicError SUBGRAPH_TIMEOUT at the deadline
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

  /** Refuses those who have waited since then or longer. */
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
