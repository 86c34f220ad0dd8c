import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { failureKind } from "./call-failure.ts";
import type { Transport } from "./transport.ts";

/** Reports of a failure only which part of the graph did not respond: its address and its response are for the log. */
export function withPublicFailures(inner: Transport): Transport {
  return {
    send: async (subgraph, request, context, signal) => {
      try {
        return await inner.send(subgraph, request, context, signal);
      } catch (error) {
        // An open breaker is logged once when it opens, and not for each call.
        if (!signal.aborted && failureKind(error) !== "breaker open")
          log.gateway.warn({ err: error, subgraph, requestId: context.requestId }, "a subgraph call failed");
        throw publicFailure(subgraph, error);
      }
    },
    close: () => inner.close(),
  };
}

export function publicFailure(subgraph: string, error: unknown): PublicError {
  switch (failureKind(error)) {
    case "timed out":
    case "out of time":
      return new PublicError("SUBGRAPH_TIMEOUT", `The ${subgraph} part of the graph did not answer in time.`, {
        subgraph,
      });
    case "overloaded":
      return new PublicError("OVERLOADED", `The ${subgraph} part of the graph is overloaded; try again later.`, {
        subgraph,
      });
    default:
      return new PublicError("SUBGRAPH_UNAVAILABLE", `The ${subgraph} part of the graph did not answer.`, {
        subgraph,
      });
  }
}
