import type { ExecutionResult } from "graphql";
import type { RequestContext } from "../trust/request-context.ts";
import type { SubgraphRequest } from "../subgraph/request.ts";

export interface SubscriptionRequest extends SubgraphRequest {
  /** The position of the last event that the subscriber has received; absent to begin with the next event. */
  after?: string | undefined;
}

/** An event that a subgraph sends to a subscriber. */
export interface SubscriptionEvent {
  /** The position of the subgraph's log after the event; absent for subgraphs that cannot resume. */
  position?: string | undefined;
  /** Absent when no matching event came for a while, and only the position is sent. */
  result?: ExecutionResult | undefined;
  /** The number of earlier events that were left out in favour of this one, which is newer. */
  dropped?: number | undefined;
  /** A key for events of which only the newest counts: of two events with the same key, a slow reader only needs the later one. */
  replaces?: string | undefined;
}

/**
 * A subscription to one root field of a subgraph. It yields batches of the events of one moment, in order, none left out and none twice, until the signal.
 * It ends by itself when a foreign subgraph ends it. It rejects when it cannot begin or continue: with PublicError POSITION_INVALID, POSITION_EXPIRED,
 * FORBIDDEN and the like, or with the transport's CallFailure.
 */
export type Subscription = AsyncIterable<readonly SubscriptionEvent[]>;

/** The subscriptions of a subgraph as their subscribers see them: the gateway in the same process, or the subgraph's own WebSocket server. */
export interface Subscribable {
  subscribe(request: SubscriptionRequest, context: RequestContext, signal: AbortSignal): Subscription;
  /** Returns the current position of its log. A subscription after this position misses no event since a query that follows this call. */
  position(signal: AbortSignal): Promise<string>;
}
