import type { GraphQLSchema } from "graphql";
import type { RequestContext } from "#lib/trust/request-context.ts";
import type { GraphQLAnswer, GraphQLRequest } from "./requests/graphql-request.ts";
import type { Subscriber } from "./subscriptions/stream.ts";

/** The context of a request while the gateway executes it. */
export interface GatewayContext extends RequestContext {
  /** Aborted when nothing waits for the response any more. */
  signal: AbortSignal;
}

/** A composed graph that answers GraphQL requests, independent of how they arrive. */
export interface Gateway {
  /** The schema that clients see, of the supergraph that is served now. */
  readonly apiSchema: GraphQLSchema;
  execute(request: GraphQLRequest, context: GatewayContext): Promise<GraphQLAnswer>;
  /**
   * Emits the events of a subscription to a subscriber, until the subscriber leaves or the subscription ends. Some events may be emitted before this
   * resolves. Resolves with the cursor where the subscription began, or with the reason for a refusal. Resolves with undefined when the operation is not a
   * subscription, or the gateway has no source of subscriptions.
   */
  subscribe(
    request: GraphQLRequest,
    context: GatewayContext,
    subscriber: Subscriber,
  ): Promise<{ cursor: string | undefined } | { refused: GraphQLAnswer } | undefined>;
  /**
   * Switches to another supergraph once its planner is ready and every known document has been planned over it. Requests in flight continue over the old
   * one.
   * @throws Error when it is not a supergraph, requires something that this gateway cannot enforce, or no longer fits a document that the old one fits
   */
  replaceSupergraph(sdl: string): Promise<void>;
  stop(): Promise<void>;
}

/** The outcome of a request. */
export interface ObservedRequest {
  /** The name of the known document that was executed; undefined for others. */
  document: string | undefined;
  /** The error code with which the request was refused; undefined when it was executed. */
  refused: string | undefined;
  milliseconds: number;
}
