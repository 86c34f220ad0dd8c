import type { ExecutionResult } from "graphql";
import type { RequestContext } from "./request-context.ts";
import type { SubgraphRequest } from "./subgraph-request.ts";

export interface SubscriptionRequest extends SubgraphRequest {
  /** The position of the last event that the subscriber has seen; absent to begin with what comes from now on. */
  after?: string | undefined;
}

/** What a subgraph tells a subscriber. */
export interface SubscriptionEvent {
  /** Where the subgraph's log stands after it; absent of subgraphs that cannot resume. */
  position?: string | undefined;
  /** Absent when nothing that was asked for came for a while, and the position is told all the same. */
  result?: ExecutionResult | undefined;
  /** How many events before it were left out in favour of this one, which is newer. */
  dropped?: number | undefined;
  /** Of what only the newest counts: of two events that have the same here, a reader who is slow need only be told the later one. */
  replaces?: string | undefined;
}

/**
 * A subscription to one root field of a subgraph: batches of the events of one moment, in order, none left out and none twice, until the signal.
 * It ends by itself when a foreign subgraph ends it, and rejects when it cannot begin or go on: PublicError POSITION_INVALID, POSITION_EXPIRED,
 * FORBIDDEN and the like, or the carrier's CallFailure.
 */
export type Subscription = AsyncIterable<readonly SubscriptionEvent[]>;

/** The subscriptions of a subgraph, as whoever follows it sees them: the gateway in the same process, or its own WebSocket face. */
export interface Subscribable {
  subscribe(request: SubscriptionRequest, context: RequestContext, signal: AbortSignal): Subscription;
  /** Where its log stands now: what to subscribe after so that nothing falls between a query and its subscription. */
  position(signal: AbortSignal): Promise<string>;
}
