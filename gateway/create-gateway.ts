import { type GraphQLSchema, OperationTypeNode } from "graphql";
import { type ErrorCode, PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { Admission, type Admitted, compiledFor, findOperation } from "./request-admission.ts";
import { defaultLimits, type Limits } from "./admission/limits.ts";
import type { OperationCost } from "./admission/operation-cost.ts";
import { answerErrors, refusal } from "./answer-errors.ts";
import { byRights } from "./authentication/same-rights.ts";
import type { RecordDenials } from "./authentication/denials.ts";
import type { Policies } from "./authorization/requirement.ts";
import { callsOver } from "./execution/call-subgraph.ts";
import type { Executed } from "./execution/compile-operation.ts";
import { type LoadedSupergraph, loadSupergraph } from "./execution/loaded-supergraph.ts";
import { type KnownOperation, Operations } from "./execution/operations.ts";
import { documentReader } from "./execution/read-document.ts";
import { RequestErrors } from "./execution/request-errors.ts";
import { Documents } from "./documents/documents.ts";
import { planAhead } from "./documents/plan-ahead.ts";
import type { GraphQLAnswer, GraphQLRequest } from "./graphql-request.ts";
import { plannerHere } from "./planning/planner.ts";
import { PlannerThread } from "./planning/planner-thread.ts";
import { logSlow, slowMs } from "./slow-operations.ts";
import { cursorText } from "./subscriptions/cursor.ts";
import type { StreamObserver } from "./subscriptions/observer.ts";
import type { SubscriptionSource } from "./subscriptions/source.ts";
import { type Subscriber, subscriptionFailure } from "./subscriptions/stream.ts";
import { type RequestedSubscription, Streams } from "./subscriptions/streams.ts";
import type { Transport } from "./transport/transport.ts";

/** The context of a request while the gateway executes it. */
export interface GatewayContext extends RequestContext {
  /** Aborted when nothing waits for the response any more. */
  signal: AbortSignal;
}

export interface GatewayOptions {
  supergraphSdl: string;
  /** The loaded supergraph of that text, where it is loaded already: gateways of one process may share it. */
  loaded?: LoadedSupergraph | undefined;
  transport: Transport;
  /** How the gateway subscribes to subgraphs; without it there are no subscriptions. */
  subscriptions?: SubscriptionSource | undefined;
  /** Answers `__schema` and `__type`, and suggests names for misspelled ones. */
  introspection: boolean;
  /** The meaning of the names in the supergraph's `@policy`; a missing name prevents the start. */
  policies?: Policies | undefined;
  limits?: Limits | undefined;
  /** The known documents, and which callers may send others; when absent, no document is known and any may be sent. */
  documents?: Documents | undefined;
  /** Called with the permissions and policies whose lack caused fields to be refused. */
  onDenied?: RecordDenials | undefined;
  /** Called after every request with its outcome. */
  onRequest?: ((request: ObservedRequest) => void) | undefined;
  /** Notified of subscriptions to subgraphs, and of their events. */
  streamObserver?: StreamObserver | undefined;
  /** Where plans are made: in a separate thread, so that a long one delays no other request, or in this thread, which needs less memory. */
  planning?: "own thread" | "this thread" | undefined;
}

export interface ObservedRequest {
  /** The name of the known document that was executed; undefined for others. */
  document: string | undefined;
  /** The error code with which the request was refused; undefined when it was executed. */
  refused: string | undefined;
  milliseconds: number;
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

/** @throws Error when the document is not a supergraph, or requires something that this gateway cannot enforce */
export function createGateway(options: GatewayOptions): Gateway {
  const { transport, introspection, limits = defaultLimits, documents = new Documents() } = options;
  const { onDenied, onRequest, subscriptions: source } = options;
  const admission = new Admission({ documents, limits, introspection });
  const streams = source && new Streams({ source, transport, observer: options.streamObserver ?? {} });
  let operations = operationsOf(options.loaded ?? options.supergraphSdl, options);

  const execute = async (request: GraphQLRequest, context: GatewayContext): Promise<GraphQLAnswer> => {
    if (!onRequest) return answer(request, context);
    const began = performance.now();
    const answered = await answer(request, context);
    onRequest({ document: answered.document, refused: answered.refused, milliseconds: performance.now() - began });
    return answered;
  };

  const answer = async (request: GraphQLRequest, context: GatewayContext): Promise<GraphQLAnswer> => {
    let admitted: Admitted;
    let cursor: string | undefined;
    try {
      admitted = await admission.admit(operations, request, context);
      if (isSubscription(admitted.found))
        throw new PublicError("BAD_REQUEST", "Subscriptions come over a WebSocket, or as text/event-stream.");
      if (request.extensions?.["cursor"] === true) cursor = await cursorNow(context);
    } catch (error) {
      return refusedAnswer(error, context);
    }
    const { text, found, variables, operation } = admitted;
    const { signal, ...call } = context;
    const began = performance.now();
    try {
      const executed = await operation.execute(variables, callsOver(transport, call, signal));
      if (onDenied) reportDenials(onDenied, executed, context);
      const cost = request.extensions?.["cost"] === true ? costOf(found.cost, variables, executed) : undefined;
      const milliseconds = performance.now() - began;
      if (milliseconds > slowMs)
        logSlow(found.operation, operation.plan, { milliseconds, requestId: context.requestId });
      return { body: bodyOf(executed, context.requestId, { cost, cursor }), document: documents.nameOf(text) };
    } catch (error) {
      return refusal([error], context.requestId);
    }
  };

  /**
   * Returns the current position of everything that can be subscribed to. It is read before a query, so that no event falls between the query and a
   * subscription.
   */
  const cursorNow = async ({ signal, ...context }: GatewayContext): Promise<string | undefined> => {
    if (!source) return undefined;
    const positions: Record<string, string> = {};
    await Promise.all(
      operations.subscribable.map(async (subgraph) => {
        const position = await source.position(subgraph, context, signal).catch((error: unknown) => {
          throw subscriptionFailure(subgraph, error);
        });
        if (position !== undefined) positions[subgraph] = position;
      }),
    );
    return cursorText(context.identity.tenantId, positions);
  };

  const subscribe: Gateway["subscribe"] = async (request, context, subscriber) => {
    try {
      const supergraph = operations;
      const { text, found, variables, operation } = await admission.admit(supergraph, request, context);
      if (!isSubscription(found) || !streams) return undefined;
      const { operationName, extensions } = request;
      // A subscription that several clients share runs with their rights alone: it contains nothing of one user's own.
      const identity = found.access.dependsOnCaller ? context.identity : byRights(context.identity);
      if (!operation.subscriptionFetch) {
        // Its only field was refused.
        const { errors } = await operation.execute(variables, callsOver(transport, context, context.signal));
        if (onDenied) reportDenials(onDenied, { errors }, context);
        throw new RequestErrors(errors);
      }
      const subscription = {
        supergraph,
        operation,
        variables,
        identity,
        text,
        operationName,
        after: extensions?.["after"],
      };
      return { cursor: await streams.subscribe(subscription, subscriber) };
    } catch (error) {
      const refused = refusedAnswer(error, context);
      onRequest?.({ document: undefined, refused: refused.refused, milliseconds: 0 });
      return { refused };
    }
  };

  /**
   * Compiles a running subscription over another supergraph.
   * @throws RequestErrors, GraphQLError, PublicError
   */
  const plannedOver = async (next: Operations, subscription: RequestedSubscription) => {
    const found = findOperation(next, subscription.text, subscription.operationName);
    const operation = await compiledFor(next, found, subscription, subscription);
    if (!operation.subscriptionFetch) throw new PublicError("FORBIDDEN", "The caller may no longer subscribe to this.");
    return operation;
  };

  return {
    get apiSchema() {
      return operations.apiSchema;
    },
    execute,
    subscribe,
    replaceSupergraph: async (sdl) => {
      const old = operations;
      const next = operationsOf(sdl, options);
      let applyPlans: () => void = () => undefined;
      try {
        await planAhead(next, old, documents);
        if (streams) applyPlans = await streams.replanned(next, (subscription) => plannedOver(next, subscription));
      } catch (error) {
        await next.stop();
        throw error;
      }
      operations = next;
      applyPlans();
      await old.stop();
    },
    stop: async () => {
      streams?.stop();
      await operations.stop();
    },
  };
}

const isSubscription = ({ operation }: KnownOperation): boolean =>
  operation.definition.operation === OperationTypeNode.SUBSCRIPTION;

const refusedAnswer = (error: unknown, { requestId }: RequestContext): GraphQLAnswer =>
  refusal(error instanceof RequestErrors ? error.errors : [error], requestId);

function operationsOf(given: string | LoadedSupergraph, options: GatewayOptions): Operations {
  const { introspection, limits = defaultLimits, planning = "own thread" } = options;
  const supergraph = typeof given === "string" ? loadSupergraph(given, options.policies) : given;
  const planner =
    planning === "this thread" ? plannerHere(supergraph.planned) : new PlannerThread(supergraph.sdl, limits.planMs);
  return new Operations(supergraph, planner, documentReader(supergraph.apiSchema, { limits, introspection }));
}

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
const costOf = (cost: OperationCost, variables: Readonly<Record<string, unknown>>, { json }: Executed) => ({
  estimated: cost.estimate(variables),
  actual: cost.actual(JSON.parse(json)),
});

function reportDenials(onDenied: RecordDenials, { errors }: Pick<Executed, "errors">, context: RequestContext): void {
  if (errors.length === 0) return;
  const missing = errors.flatMap(({ extensions }) => {
    const name = extensions["permission"] ?? extensions["policy"];
    return extensions["code"] === ("FORBIDDEN" satisfies ErrorCode) && typeof name === "string" ? name : [];
  });
  if (missing.length > 0) onDenied(context, missing);
}
