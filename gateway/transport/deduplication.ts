import type { RequestContext } from "#lib/request-context.ts";
import { Flight } from "./flight.ts";
import type { TransportLimits } from "./limits.ts";
import type { TransportObserver } from "./observer.ts";
import type { CallRequest, Transport } from "./transport.ts";

/**
 * Callers who ask the same of a subgraph at the same time share one call. The same is: query, variables, and everything that the subgraph
 * learns of who asks and from where; the request's id and deadline alone may differ.
 *
 * Nobody is given what was read before a change that he knows of. A mutation that ends, whatever it ends with, closes all calls in flight to
 * others; mutations of other processes are not seen, so only young calls are shared. What services ask is never shared: whether a session is
 * still valid is asked anew.
 */
export function withDeduplication(
  inner: Transport,
  { sharedMs }: Pick<TransportLimits, "sharedMs">,
  { onShare }: Pick<TransportObserver, "onShare">,
): Transport {
  const shared = new Map<string, Flight>();
  const start = (subgraph: string, request: CallRequest, context: RequestContext, onEnd: (flight: Flight) => void) =>
    new Flight((signal) => inner.send(subgraph, request, context, signal), context.deadline, onEnd);
  return {
    send: (subgraph, request, context, signal) => {
      if (request.operation === "mutation") return start(subgraph, request, context, () => shared.clear()).join(signal);
      if (context.identity.kind === "service") return start(subgraph, request, context, () => undefined).join(signal);
      const key = keyOf(subgraph, request, context);
      const inFlight = shared.get(key);
      if (inFlight?.isYoungerThan(sharedMs) && inFlight.hasTimeFor(context.deadline)) {
        onShare?.(subgraph);
        return inFlight.join(signal);
      }
      const flight = start(subgraph, request, context, (ended) => {
        if (shared.get(key) === ended) shared.delete(key);
      });
      shared.set(key, flight);
      return flight.join(signal);
    },
    close: () => inner.close(),
  };
}

/** What is added to the context one day is in the key from then on: what may differ is named, not what may not. */
function keyOf(
  subgraph: string,
  { query, variables }: CallRequest,
  { requestId: _id, deadline: _deadline, ...asker }: RequestContext,
): string {
  return JSON.stringify([subgraph, query, variables, asker]);
}
