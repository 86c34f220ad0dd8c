import { log } from "#lib/observability/log.ts";
import { CallFailure, failureKind } from "./call-failure.ts";
import type { TransportLimits } from "./limits.ts";
import type { BreakerState, TransportObserver } from "./observer.ts";
import { perSubgraph } from "./per-subgraph.ts";
import type { Transport } from "./transport.ts";

export type BreakerLimits = Pick<TransportLimits, "failuresToOpen" | "firstProbeMs" | "longestProbeMs">;

/** An admitted call. Calls from before the breaker last closed do not count as failures. */
export type Admitted = number;

/**
 * Opens after consecutive calls without a response. While it is open, one call per pause is admitted, to check whether the subgraph is available again; the
 * first response closes it. Pauses grow. A probe that hangs, or whose caller leaves, is followed by another after the next pause: nothing waits for it.
 */
export class CircuitBreaker {
  readonly #limits: BreakerLimits;
  readonly #onChange: (state: BreakerState) => void;
  readonly #now: () => number;
  #state: BreakerState = "closed";
  #failures = 0;
  #pauseMs = 0;
  #probeAt = 0;
  #closings = 0;

  /** @param now a monotonic clock, in milliseconds */
  constructor(limits: BreakerLimits, onChange: (state: BreakerState) => void, now = () => performance.now()) {
    this.#limits = limits;
    this.#onChange = onChange;
    this.#now = now;
  }

  /** Undefined when the subgraph must not be called. */
  admit(): Admitted | undefined {
    if (this.#state === "closed") return this.#closings;
    const now = this.#now();
    if (now < this.#probeAt) return undefined;
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#limits.longestProbeMs);
    this.#probeAt = now + this.#pauseMs;
    this.#change("half-open");
    return this.#closings;
  }

  answered(): void {
    this.#failures = 0;
    if (this.#state === "closed") return;
    this.#closings += 1;
    this.#change("closed");
  }

  failed(call: Admitted): void {
    if (call !== this.#closings) return;
    this.#failures += 1;
    if (this.#state === "half-open") this.#change("open");
    if (this.#state !== "closed" || this.#failures < this.#limits.failuresToOpen) return;
    this.#pauseMs = this.#limits.firstProbeMs;
    this.#probeAt = this.#now() + this.#pauseMs;
    this.#change("open");
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }
}

/**
 * Stops calls to a subgraph that does not respond. Only missing responses count: a subgraph with invalid responses is available, and a query with which one
 * caller can cause a failure must not make the subgraph unavailable to all.
 */
export function withCircuitBreaker(
  inner: Transport,
  limits: BreakerLimits,
  { onBreakerChange }: Pick<TransportObserver, "onBreakerChange">,
): Transport {
  const breakerOf = perSubgraph((subgraph) => {
    let isReported = false;
    return new CircuitBreaker(limits, (state) => {
      if (state === "open" && !isReported)
        log.gateway.warn({ subgraph }, "a subgraph does not answer; it is not called until it does");
      if (state === "closed") log.gateway.info({ subgraph }, "a subgraph answers again");
      isReported = state !== "closed";
      onBreakerChange?.(subgraph, state);
    });
  });
  return {
    send: async (subgraph, request, context, signal) => {
      const breaker = breakerOf(subgraph);
      const call = breaker.admit();
      if (call === undefined) throw new CallFailure("breaker open", `Subgraph ${subgraph} did not answer other calls.`);
      try {
        const answer = await inner.send(subgraph, request, context, signal);
        breaker.answered();
        return answer;
      } catch (error) {
        const kind = failureKind(error);
        if (kind === "unusable") breaker.answered();
        if (kind === "unreachable" || kind === "timed out") breaker.failed(call);
        throw error;
      }
    },
    close: () => inner.close(),
  };
}
