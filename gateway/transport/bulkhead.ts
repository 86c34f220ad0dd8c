import { CallFailure } from "./call-failure.ts";
import type { TransportLimits } from "./limits.ts";
import { perSubgraph } from "./per-subgraph.ts";
import type { Transport } from "./transport.ts";

export type BulkheadLimits = Pick<TransportLimits, "callsInFlight" | "callsWaiting">;

/** So many at once, and so many that wait for their turn, first come, first served. Who leaves while he waits makes room. */
export class Bulkhead {
  readonly #limits: BulkheadLimits;
  #inFlight = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limits: BulkheadLimits) {
    this.#limits = limits;
  }

  /** Resolves when it is the caller's turn, which he ends by `leave`; rejects at the signal, with its reason, or when too many wait. */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#inFlight >= this.#limits.callsInFlight) return this.#turn(signal);
    this.#inFlight += 1;
    return undefined;
  }

  /** The place goes to who has waited longest, so that nobody who comes now can take it. */
  leave(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#inFlight -= 1;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= this.#limits.callsWaiting)
        return reject(new CallFailure("overloaded", `${this.#waiting.size} calls are waiting.`));
      const end = () => {
        this.#waiting.delete(go);
        signal.removeEventListener("abort", giveUp);
      };
      const go = () => {
        end();
        resolve();
      };
      const giveUp = () => {
        end();
        reject(signal.reason as Error);
      };
      this.#waiting.add(go);
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
  }
}

/**
 * Bounds the calls in each subgraph: one that is slow fills its own places and nobody else's. Mutations fill half of them: those of a subgraph may wait
 * for one lock, or for passwords to be hashed, and its queries need neither.
 */
export function withBulkhead(inner: Transport, limits: BulkheadLimits): Transport {
  const boundsOf = perSubgraph(() => ({
    calls: new Bulkhead(limits),
    mutations: new Bulkhead({ ...limits, callsInFlight: Math.ceil(limits.callsInFlight / 2) }),
  }));
  return {
    send: (subgraph, request, context, signal) => {
      const { calls, mutations } = boundsOf(subgraph);
      const send = () => within(calls, signal, () => inner.send(subgraph, request, context, signal));
      return request.operation === "mutation" ? within(mutations, signal, send) : send();
    },
    close: () => inner.close(),
  };
}

async function within<T>(bulkhead: Bulkhead, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const turn = bulkhead.enter(signal);
  if (turn) await turn;
  try {
    return await work();
  } finally {
    bulkhead.leave();
  }
}
