import type { ExecutionResult } from "graphql";
import type { SubscriptionSource } from "#gateway/subscriptions/source.ts";
import { PublicError } from "#lib/errors.ts";
import { pause } from "#lib/pause.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";

/** A log in memory whose positions are the numbers of its events. */
export class InMemoryLog {
  readonly events: SubscriptionEvent[] = [];
  /** Earlier positions have expired. */
  oldest = 0;
  following = 0;
  begun = 0;
  #wake = new Set<() => void>();

  /** Appends the results in one batch. */
  append(...results: ExecutionResult[]): void {
    for (const result of results) this.events.push({ position: String(this.events.length + 1), result });
    this.#notify();
  }

  appendEvent(event: Omit<SubscriptionEvent, "position">): void {
    this.events.push({ ...event, position: String(this.events.length + 1) });
    this.#notify();
  }

  async *follow(after: string | undefined, signal: AbortSignal): AsyncGenerator<SubscriptionEvent[]> {
    let read = after === undefined ? this.events.length : Number(after);
    if (read < this.oldest) throw new PublicError("POSITION_EXPIRED", "Too long ago.");
    this.following += 1;
    this.begun += 1;
    try {
      while (!signal.aborted) {
        const batch = this.events.slice(read);
        read = this.events.length;
        if (batch.length > 0) yield batch;
        else {
          let wake: () => void = () => undefined;
          const woken = new Promise<void>((resolve) => (wake = resolve));
          this.#wake.add(wake);
          await pause(60_000, signal, woken);
          this.#wake.delete(wake);
        }
      }
    } finally {
      this.following -= 1;
    }
  }

  #notify(): void {
    for (const wake of this.#wake) wake();
  }
}

export const sourceOf = (logs: Readonly<Record<string, InMemoryLog>>): SubscriptionSource => ({
  subscribe: (subgraph, { after }, _context, signal) => (logs[subgraph] as InMemoryLog).follow(after, signal),
  position: async (subgraph) => {
    const log = logs[subgraph];
    return log && String(log.events.length);
  },
  close: async () => undefined,
});
