import { isDeepStrictEqual } from "node:util";
import type { RequestContext } from "#lib/request-context.ts";
import { Flight } from "./in-flight-call.ts";
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
  const board: Board = new Map();
  return {
    send: (subgraph, request, context, signal) => {
      const carry = (aborted: AbortSignal) => inner.send(subgraph, request, context, aborted);
      if (request.operation === "mutation") {
        return new Flight(carry, context.deadline, () => board.clear()).join(signal);
      }
      if (context.identity.kind === "service" || request.fresh) return new Flight(carry, context.deadline).join(signal);
      const asked = { subgraph, request, context };
      const inFlight = board.get(request.query)?.find((entry) => isSame(entry, asked));
      if (inFlight?.flight.isYoungerThan(sharedMs) && inFlight.flight.hasTimeFor(context.deadline)) {
        onShare?.(subgraph);
        return inFlight.flight.join(signal);
      }
      const entry: Entry = { ...asked, flight: new Flight(carry, context.deadline, () => leave(board, entry)) };
      enter(board, entry);
      return entry.flight.join(signal);
    },
    close: () => inner.close(),
  };
}

interface Asked {
  subgraph: string;
  request: CallRequest;
  context: RequestContext;
}

interface Entry extends Asked {
  flight: Flight;
}

/** The calls in flight that others may join, by their query: a call without a second one costs only a look-up. */
type Board = Map<string, Entry[]>;

function enter(board: Board, entry: Entry): void {
  const { query } = entry.request;
  const others = board.get(query);
  // The newest comes first: of two equal calls, it is the one to join.
  if (others) others.unshift(entry);
  else board.set(query, [entry]);
}

function leave(board: Board, entry: Entry): void {
  const { query } = entry.request;
  const entries = board.get(query);
  const index = entries?.indexOf(entry) ?? -1;
  if (!entries || index < 0) return;
  if (entries.length === 1) board.delete(query);
  else entries.splice(index, 1);
}

function isSame(one: Asked, other: Asked): boolean {
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
