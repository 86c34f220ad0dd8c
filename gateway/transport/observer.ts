import { type FailureKind, failureKind } from "./call-failure.ts";
import type { CallRequest, Transport } from "./transport.ts";

/** `abandoned`: the caller left. `failed`: the carrier broke in a way that it does not know. */
export type CallOutcome = "answered" | "abandoned" | "failed" | FailureKind;

/** `half-open`: a call is on its way to see whether the subgraph is back. */
export type BreakerState = "closed" | "open" | "half-open";

export interface ObservedCall {
  subgraph: string;
  operation: CallRequest["operation"];
  outcome: CallOutcome;
  /** From the caller's side: waiting, a second try and sharing included. */
  milliseconds: number;
}

/** Who measures what the transport does. Its functions do not throw. */
export interface TransportObserver {
  onCall?(call: ObservedCall): void;
  /** A query is asked a second time. */
  onRetry?(subgraph: string): void;
  /** A caller shares the answer of a call that was in flight. */
  onShare?(subgraph: string): void;
  onBreakerChange?(subgraph: string, state: BreakerState): void;
}

/** Tells of every call what became of it. Nothing of it is paid without somebody who listens. */
export function observed(inner: Transport, { onCall }: TransportObserver): Transport {
  if (!onCall) return inner;
  return {
    send: async (subgraph, request, context, signal) => {
      const begun = performance.now();
      const tell = (outcome: CallOutcome) =>
        onCall({ subgraph, operation: request.operation, outcome, milliseconds: performance.now() - begun });
      try {
        const answer = await inner.send(subgraph, request, context, signal);
        tell("answered");
        return answer;
      } catch (error) {
        tell(failureKind(error) ?? (signal.aborted ? "abandoned" : "failed"));
        throw error;
      }
    },
    close: () => inner.close(),
  };
}
