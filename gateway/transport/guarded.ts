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
      const waiting = deadline(left, signal);
      try {
        const call = carrier.send(subgraph, request, { ...context, deadline: Date.now() + left }, waiting.signal);
        return await Promise.race([call, waiting.over]);
      } catch (error) {
        log.gateway.warn({ err: error, subgraph, requestId: context.requestId }, "a subgraph call failed");
        if (waiting.expired()) throw timeoutOf(subgraph);
        throw new PublicError("SUBGRAPH_UNAVAILABLE", `The ${subgraph} part of the graph did not answer.`, {
          subgraph,
        });
      } finally {
        waiting.end();
      }
    },
    close: () => carrier.close(),
  };
}

const timeoutOf = (subgraph: string) =>
  new PublicError("SUBGRAPH_TIMEOUT", `The ${subgraph} part of the graph did not answer in time.`, {
    subgraph,
  });

interface Deadline {
  signal: AbortSignal;
  /** Rejects when the time is over or the caller is gone: a carrier that ignores its signal must not hold the request. */
  over: Promise<never>;
  expired(): boolean;
  end(): void;
}

/**
 * Not AbortSignal.timeout: its timer would hold every answer of the last seconds, an answer being held by what races with it.
 */
function deadline(milliseconds: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  let fail: (reason: unknown) => void = () => undefined;
  const over = new Promise<never>((_resolve, reject) => (fail = reject));
  const abort = (reason: unknown) => {
    controller.abort(reason);
    fail(reason instanceof Error ? reason : new Error("aborted"));
  };
  const gone = () => abort(caller.reason);
  const timer = setTimeout(() => {
    expired = true;
    abort(new Error("The deadline is over."));
  }, milliseconds);
  if (caller.aborted) gone();
  else caller.addEventListener("abort", gone, { once: true });
  over.catch(() => undefined);
  return {
    signal: controller.signal,
    over,
    expired: () => expired,
    end: () => {
      clearTimeout(timer);
      caller.removeEventListener("abort", gone);
    },
  };
}
