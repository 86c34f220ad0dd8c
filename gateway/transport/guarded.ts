import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";
import type { Transport } from "./transport.ts";

export interface GuardOptions {
  /** What one call to a subgraph may take, in milliseconds; never more than what is left of the request. */
  callTimeoutMs: number;
}

/**
 * Gives every call a deadline, and says of a failure only that this part of the graph did not answer: where it runs and what it answered is
 * for the log.
 */
export function guarded(carrier: Transport, { callTimeoutMs }: GuardOptions): Transport {
  return {
    send: async (subgraph, request, context, signal) => {
      const left = Math.min(callTimeoutMs, context.deadline - Date.now());
      if (left <= 0) throw timeoutOf(subgraph);
      const expired = AbortSignal.timeout(left);
      const either = AbortSignal.any([signal, expired]);
      try {
        const call = carrier.send(subgraph, request, { ...context, deadline: Date.now() + left }, either);
        return await Promise.race([call, rejection(either)]);
      } catch (error) {
        log.gateway.warn({ err: error, subgraph, requestId: context.requestId }, "a subgraph call failed");
        if (expired.aborted) throw timeoutOf(subgraph);
        throw new PublicError("SUBGRAPH_UNAVAILABLE", `The ${subgraph} part of the graph did not answer.`, {
          subgraph,
        });
      }
    },
    close: () => carrier.close(),
  };
}

const timeoutOf = (subgraph: string) =>
  new PublicError("SUBGRAPH_TIMEOUT", `The ${subgraph} part of the graph did not answer in time.`, {
    subgraph,
  });

/** A carrier that ignores its signal must not hold the request. */
const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
