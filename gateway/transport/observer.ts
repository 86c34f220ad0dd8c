import { type FailureKind, failureKind } from "./call-failure.ts";
import type { CallRequest, Transport } from "./transport.ts";

/** `abandoned`: the caller left. `failed`: the inner transport failed with an error that it does not classify. */
export type CallOutcome = "answered" | "abandoned" | "failed" | FailureKind;

/** `half-open`: a call checks whether the subgraph is available again. */
export type BreakerState = "closed" | "open" | "half-open";

export interface ObservedCall {
  subgraph: string;
  operation: CallRequest["operation"];
  outcome: CallOutcome;
  /** Measured by the caller: including waiting, a retry and sharing. */
  milliseconds: number;
}

/** Measures the calls of the transport. Its functions do not throw. */
export interface TransportObserver {
  onCall?(call: ObservedCall): void;
  /** A query is retried. */
  onRetry?(subgraph: string): void;
  /** A caller shares the response of a call that was in flight. */
  onShare?(subgraph: string): void;
  onBreakerChange?(subgraph: string, state: BreakerState): void;
}

/** Reports the outcome of every call. Without an observer it costs nothing. */
export function observed(inner: Transport, { onCall }: TransportObserver): Transport {
  if (!onCall) return inner;
  return {
    send: async (subgraph, request, context, signal) => {
      const begun = performance.now();
      const report = (outcome: CallOutcome) =>
        onCall({ subgraph, operation: request.operation, outcome, milliseconds: performance.now() - begun });
      try {
        const answer = await inner.send(subgraph, request, context, signal);
        report("answered");
        return answer;
      } catch (error) {
        report(failureKind(error) ?? (signal.aborted ? "abandoned" : "failed"));
        throw error;
      }
    },
    close: () => inner.close(),
  };
}
