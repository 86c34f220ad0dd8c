import { isDeepStrictEqual } from "node:util";
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
 * still valid is asked anew. Nor is what a subscription asks about an event.
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

/** The calls in flight that others may join, by their query: that alone costs a call to which there is no second nothing but a look-up. */
type Board = Map<string, Entry[]>;

function enter(board: Board, entry: Entry): void {
  const { query } = entry.request;
  const others = board.get(query);
  // The newest first: of two alike, it is the one to join.
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

/** What may differ is named, and not what may not: what is added to the context one day counts from then on. */
function seenOf({
  requestId: _id,
  deadline: _deadline,
  ...seen
}: RequestContext): Omit<RequestContext, "requestId" | "deadline"> {
  return seen;
}
