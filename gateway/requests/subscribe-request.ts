import { PublicError } from "#lib/errors.ts";
import { type RecordDenials, reportDenials } from "../authentication/denials.ts";
import { byRights } from "../authentication/same-rights.ts";
import { callsOver } from "../execution/call-subgraph.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import type { Operations } from "../execution/operations.ts";
import { RequestErrors } from "../execution/request-errors.ts";
import type { GatewayContext } from "../gateway.ts";
import type { RequestedSubscription } from "../subscriptions/requested-subscription.ts";
import type { Subscriber } from "../subscriptions/stream.ts";
import type { Streams } from "../subscriptions/streams.ts";
import type { Transport } from "../transport/transport.ts";
import { isSubscription } from "./execute-request.ts";
import type { GraphQLRequest } from "./graphql-request.ts";
import { compiledFor, findOperation, type RequestPreparation } from "./request-preparation.ts";

export interface SubscribingDependencies {
  preparation: RequestPreparation;
  transport: Transport;
  streams: Streams;
  onDenied: RecordDenials | undefined;
}

/**
 * Subscribes a client over the operations of one supergraph.
 * @returns the cursor where the subscription began; undefined when the operation is not a subscription
 * @throws RequestErrors, GraphQLError, PublicError
 */
export async function subscribeRequest(
  operations: Operations,
  request: GraphQLRequest,
  context: GatewayContext,
  subscriber: Subscriber,
  { preparation, transport, streams, onDenied }: SubscribingDependencies,
): Promise<{ cursor: string | undefined } | undefined> {
  const { text, found, variables, operation } = await preparation.prepare(operations, request, context);
  if (!isSubscription(found)) return undefined;
  const { operationName, extensions } = request;
  // A subscription that several clients share runs with their rights alone: it contains nothing of one user's own.
  const identity = found.access.dependsOnCaller ? context.identity : byRights(context.identity);
  if (!operation.subscriptionFetch) {
    // Its only field was refused.
    const { errors } = await operation.execute(variables, callsOver(transport, context, context.signal));
    if (onDenied) reportDenials(onDenied, errors, context);
    throw new RequestErrors(errors);
  }
  const after = extensions?.["after"];
  const subscription = { supergraph: operations, operation, variables, identity, text, operationName, after };
  return { cursor: await streams.subscribe(subscription, subscriber) };
}

/**
 * Compiles a running subscription over another supergraph.
 * @throws RequestErrors, GraphQLError, PublicError
 */
export async function compileAgain(next: Operations, subscription: RequestedSubscription): Promise<CompiledOperation> {
  const found = findOperation(next, subscription.text, subscription.operationName);
  const operation = await compiledFor(next, found, subscription, subscription);
  if (!operation.subscriptionFetch) throw new PublicError("FORBIDDEN", "The caller may no longer subscribe to this.");
  return operation;
}
