import { isDeepStrictEqual } from "node:util";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { InFlightCall } from "./in-flight-call.ts";
import type { TransportLimits } from "./limits.ts";
import type { TransportObserver } from "./observer.ts";
import type { CallRequest, Transport } from "./transport.ts";

/**
 * Lets callers with the same request to a subgraph share one call while it is in flight. Requests are the same if they have the same query, variables, and
 * everything that the subgraph receives about the caller and its origin; only the request's id and deadline may differ.
 *
 * No caller receives data from before a change that it knows of. A mutation that ends, with any result, stops all calls in flight from being shared.
 * Mutations of other processes are not seen, so only young calls are shared. Requests of services are never shared: whether a session is still valid is
 * checked each time. Nor are requests of a subscription for an event.
 */
export function withDeduplication(
  inner: Transport,
  { sharedMs }: Pick<TransportLimits, "sharedMs">,
  { onShare }: Pick<TransportObserver, "onShare">,
): Transport {
  const inFlightCalls: InFlightCalls = new Map();
  return {
    send: (subgraph, request, context, signal) => {
      const carry = (aborted: AbortSignal) => inner.send(subgraph, request, context, aborted);
      if (request.operation === "mutation") {
        return new InFlightCall(carry, context.deadline, () => inFlightCalls.clear()).join(signal);
      }
      if (context.identity.kind === "service" || request.fresh)
        return new InFlightCall(carry, context.deadline).join(signal);
      const shared = { subgraph, request, context };
      const running = inFlightCalls.get(request.query)?.find((entry) => isSame(entry, shared));
      if (running?.call.isYoungerThan(sharedMs) && running.call.hasTimeFor(context.deadline)) {
        onShare?.(subgraph);
        return running.call.join(signal);
      }
      const entry: Entry = {
        ...shared,
        call: new InFlightCall(carry, context.deadline, () => leave(inFlightCalls, entry)),
      };
      enter(inFlightCalls, entry);
      return entry.call.join(signal);
    },
    close: () => inner.close(),
  };
}

interface SharedRequest {
  subgraph: string;
  request: CallRequest;
  context: RequestContext;
}

interface Entry extends SharedRequest {
  call: InFlightCall;
}

/** The calls in flight that others may join, by their query: a call without a second one costs only a look-up. */
type InFlightCalls = Map<string, Entry[]>;

function enter(inFlightCalls: InFlightCalls, entry: Entry): void {
  const { query } = entry.request;
  const others = inFlightCalls.get(query);
  // The newest comes first: of two equal calls, it is the one to join.
  if (others) others.unshift(entry);
  else inFlightCalls.set(query, [entry]);
}

function leave(inFlightCalls: InFlightCalls, entry: Entry): void {
  const { query } = entry.request;
  const entries = inFlightCalls.get(query);
  const index = entries?.indexOf(entry) ?? -1;
  if (!entries || index < 0) return;
  if (entries.length === 1) inFlightCalls.delete(query);
  else entries.splice(index, 1);
}

function isSame(one: SharedRequest, other: SharedRequest): boolean {
  return (
    one.subgraph === other.subgraph &&
    one.context.identity.id === other.context.identity.id &&
    isDeepStrictEqual(one.request.variables, other.request.variables) &&
    isDeepStrictEqual(seenOf(one.context), seenOf(other.context))
  );
}

/** Returns the context without what may differ. Only this is named: a property that is added to the context later counts automatically. */
function seenOf({
  requestId: _id,
  deadline: _deadline,
  ...seen
}: RequestContext): Omit<RequestContext, "requestId" | "deadline"> {
  return seen;
}
