import { CallFailure } from "./call-failure.ts";
import type { TransportLimits } from "./limits.ts";
import { perSubgraph } from "./per-subgraph.ts";
import type { Transport } from "./transport.ts";

export type BulkheadLimits = Pick<TransportLimits, "callsInFlight" | "callsWaiting">;

/**
 * Limits the calls in flight and the calls that wait for their turn. Calls of one group are first come, first served, and the groups take turns, so that a
 * group with many calls delays only itself. A caller that leaves while it waits makes room.
 */
export class Bulkhead {
  readonly #limits: BulkheadLimits;
  #inFlight = 0;
  /** By group; the group whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #waitingCount = 0;

  constructor(limits: BulkheadLimits) {
    this.#limits = limits;
  }

  /** Resolves when it is the caller's turn, which the caller ends with `leave`. Rejects at the signal, with its reason, or when too many calls wait. */
  enter(signal: AbortSignal, group = ""): Promise<void> | undefined {
    if (this.#inFlight >= this.#limits.callsInFlight) return this.#turn(signal, group);
    this.#inFlight += 1;
    return undefined;
  }

  /** Passes the place to a waiting call, so that no new call can take it. */
  leave(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#inFlight -= 1;
      return;
    }
    const [group, turns] = first;
    this.#waiting.delete(group);
    this.#waiting.set(group, turns);
    const [next] = turns;
    next?.();
  }

  #turn(signal: AbortSignal, group: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waitingCount >= this.#limits.callsWaiting)
        return reject(new CallFailure("overloaded", `${this.#waitingCount} calls are waiting.`));
      const turns = this.#waiting.get(group) ?? new Set();
      const end = () => {
        this.#waitingCount -= 1;
        turns.delete(go);
        if (turns.size === 0) this.#waiting.delete(group);
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
      this.#waitingCount += 1;
      this.#waiting.set(group, turns.add(go));
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
  }
}

/**
 * Limits the calls in each subgraph: a slow one fills only its own places. Mutations may fill half of them: those of a subgraph may wait for one lock, or
 * for password hashes, and its queries need neither. Tenants take turns, and so do callers that sign in.
 */
export function withBulkhead(inner: Transport, limits: BulkheadLimits): Transport {
  const boundsOf = perSubgraph(() => ({
    calls: new Bulkhead(limits),
    mutations: new Bulkhead({ ...limits, callsInFlight: Math.ceil(limits.callsInFlight / 2) }),
  }));
  return {
    send: (subgraph, request, context, signal) => {
      const { calls, mutations } = boundsOf(subgraph);
      const { kind, tenantId } = context.identity;
      const waiting = { signal, group: `${kind} ${tenantId}` };
      const send = () => within(calls, waiting, () => inner.send(subgraph, request, context, signal));
      return request.operation === "mutation" ? within(mutations, waiting, send) : send();
    },
    close: () => inner.close(),
  };
}

async function within<T>(
  bulkhead: Bulkhead,
  { signal, group }: { signal: AbortSignal; group: string },
  work: () => Promise<T>,
): Promise<T> {
  const turn = bulkhead.enter(signal, group);
  if (turn) await turn;
  try {
    return await work();
  } finally {
    bulkhead.leave();
  }
}
