import { CallFailure } from "./call-failure.ts";
import type { TransportLimits } from "./limits.ts";
import type { Transport } from "./transport.ts";

/** Gives every call a deadline, which the subgraph receives in the context: the remaining time of the request, limited to the time that a call may take. */
export function withDeadline(inner: Transport, { callTimeoutMs }: Pick<TransportLimits, "callTimeoutMs">): Transport {
  return {
    send: async (subgraph, request, context, signal) => {
      const left = Math.min(callTimeoutMs, context.deadline - Date.now());
      if (left <= 0) throw new CallFailure("out of time", "The deadline was over before the call.");
      // A call with little time does not indicate that its subgraph is slow.
      const kind = left >= callTimeoutMs / 2 ? "timed out" : "out of time";
      const waiting = patience(left, signal, () => new CallFailure(kind, `There was no answer in ${left} ms.`));
      try {
        return await inner.send(subgraph, request, { ...context, deadline: Date.now() + left }, waiting.signal);
      } finally {
        waiting.end();
      }
    },
    close: () => inner.close(),
  };
}

interface Patience {
  /** Aborts when the time is over or the caller has left. */
  signal: AbortSignal;
  end(): void;
}

/** AbortSignal.timeout is not used: its timer would keep every response of the last seconds in memory, because the code that waits refers to it. */
function patience(milliseconds: number, caller: AbortSignal, isOver: () => CallFailure): Patience {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(isOver()), milliseconds);
  const gone = () => controller.abort(caller.reason);
  if (caller.aborted) gone();
  else caller.addEventListener("abort", gone, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      caller.removeEventListener("abort", gone);
    },
  };
}
