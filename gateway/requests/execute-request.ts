import { OperationTypeNode } from "graphql";
import { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { type RecordDenials, reportDenials } from "../authentication/denials.ts";
import type { Documents } from "../documents/documents.ts";
import { callsOver } from "../execution/call-subgraph.ts";
import type { Executed } from "../execution/compile-operation.ts";
import type { KnownOperation, Operations } from "../execution/operations.ts";
import type { GatewayContext } from "../gateway.ts";
import type { OperationCost } from "../limits/operation-cost.ts";
import { currentCursor } from "../subscriptions/positions.ts";
import type { SubscriptionSource } from "../subscriptions/source.ts";
import type { Transport } from "../transport/transport.ts";
import { answerErrors, refusal } from "./answer-errors.ts";
import type { GraphQLAnswer, GraphQLRequest } from "./graphql-request.ts";
import type { PreparedRequest, RequestPreparation } from "./request-preparation.ts";
import { logSlow, slowMs } from "./slow-operations.ts";

export interface ExecutionDependencies {
  preparation: RequestPreparation;
  transport: Transport;
  documents: Documents;
  source: SubscriptionSource | undefined;
  onDenied: RecordDenials | undefined;
}

/** Executes a query or a mutation over the operations of one supergraph. */
export async function executeRequest(
  operations: Operations,
  request: GraphQLRequest,
  context: GatewayContext,
  { preparation, transport, documents, source, onDenied }: ExecutionDependencies,
): Promise<GraphQLAnswer> {
  let prepared: PreparedRequest;
  let cursor: string | undefined;
  try {
    prepared = await preparation.prepare(operations, request, context);
    if (isSubscription(prepared.found))
      throw new PublicError("BAD_REQUEST", "Subscriptions come over a WebSocket, or as text/event-stream.");
    // It is read before the query, so that no event falls between the query and a subscription.
    if (request.extensions?.["cursor"] === true)
      cursor = source && (await currentCursor(source, operations.subscribable, context));
  } catch (error) {
    return refusal(error, context.requestId);
  }
  const { text, found, variables, operation } = prepared;
  const { signal, ...call } = context;
  const began = performance.now();
  try {
    const executed = await operation.execute(variables, callsOver(transport, call, signal));
    if (onDenied) reportDenials(onDenied, executed.errors, context);
    const cost = request.extensions?.["cost"] === true ? costOf(found.cost, variables, executed) : undefined;
    const milliseconds = performance.now() - began;
    if (milliseconds > slowMs) logSlow(found.operation, operation.plan, { milliseconds, requestId: context.requestId });
    return { body: bodyOf(executed, context.requestId, { cost, cursor }), document: documents.nameOf(text) };
  } catch (error) {
    return refusal(error, context.requestId);
  }
}

export const isSubscription = ({ operation }: KnownOperation): boolean =>
  operation.definition.operation === OperationTypeNode.SUBSCRIPTION;

function bodyOf(
  { json, errors }: Executed,
  requestId: string,
  { cost, cursor }: { cost: object | undefined; cursor: string | undefined },
): string {
  const errorsJson = errors.length > 0 ? `"errors":${JSON.stringify(answerErrors(errors, requestId))},` : "";
  const extensions = {
    ...(cost ? { cost } : {}),
    ...(cursor ? { cursor } : {}),
  };
  const more = Object.keys(extensions).length > 0 ? `,"extensions":${JSON.stringify(extensions)}` : "";
  return `{${errorsJson}"data":${json}${more}}\n`;
}

/** Returns the estimated and the actual cost, for requests with `extensions: { cost: true }`. */
const costOf = (cost: OperationCost, variables: Variables, { json }: Executed) => ({
  estimated: cost.estimate(variables),
  actual: cost.actual(JSON.parse(json)),
});
