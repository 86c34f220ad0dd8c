import { pause } from "#lib/pause.ts";
import { failureKind } from "./call-failure.ts";
import type { TransportLimits } from "./limits.ts";
import type { TransportObserver } from "./observer.ts";
import { perSubgraph } from "./per-subgraph.ts";
import type { Transport } from "./transport.ts";

export type RetryLimits = Pick<
  TransportLimits,
  "retryShare" | "retryBurst" | "shortestRetryPauseMs" | "longestRetryPauseMs"
>;

/** Limits retries to a share of the calls, so that a subgraph in trouble does not get twice the work. */
export class RetryBudget {
  readonly #share: number;
  readonly #burst: number;
  #saved: number;

  constructor({ retryShare, retryBurst }: Pick<TransportLimits, "retryShare" | "retryBurst">) {
    this.#share = retryShare;
    this.#burst = retryBurst;
    this.#saved = retryBurst;
  }

  /** Called for every call. */
  earn(): void {
    this.#saved = Math.min(this.#saved + this.#share, this.#burst);
  }

  /** Takes one retry from the budget; returns whether there was one. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}

/**
 * Retries a query once when there was no response, within its deadline and the subgraph's budget. A mutation is never sent twice: it is not known whether
 * it was executed.
 */
export function withRetry(
  inner: Transport,
  limits: RetryLimits,
  { onRetry }: Pick<TransportObserver, "onRetry">,
): Transport {
  const budgetOf = perSubgraph(() => new RetryBudget(limits));
  return {
    send: async (subgraph, request, context, signal) => {
      if (request.operation === "mutation") return inner.send(subgraph, request, context, signal);
      const budget = budgetOf(subgraph);
      budget.earn();
      try {
        return await inner.send(subgraph, request, context, signal);
      } catch (error) {
        const { shortestRetryPauseMs: shortest, longestRetryPauseMs: longest } = limits;
        const wait = shortest + Math.random() * (longest - shortest);
        const isInTime = context.deadline - Date.now() > wait;
        if (failureKind(error) !== "unreachable" || !isInTime || signal.aborted || !budget.spend()) throw error;
        await pause(wait, signal);
        signal.throwIfAborted();
        onRetry?.(subgraph);
        return inner.send(subgraph, request, context, signal);
      }
    },
    close: () => inner.close(),
  };
}
