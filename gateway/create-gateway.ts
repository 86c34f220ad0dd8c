import type { RecordDenials } from "./authentication/denials.ts";
import type { Policies } from "./authorization/access-rule.ts";
import { Documents } from "./documents/documents.ts";
import { planAhead } from "./documents/plan-ahead.ts";
import { type LoadedSupergraph, loadSupergraph } from "./execution/loaded-supergraph.ts";
import { Operations } from "./execution/operations.ts";
import { documentReader } from "./execution/read-document.ts";
import type { Gateway, ObservedRequest } from "./gateway.ts";
import { defaultLimits, type Limits } from "./limits/limits.ts";
import { plannerHere } from "./planning/planner.ts";
import { PlannerThread } from "./planning/planner-thread.ts";
import { refusal } from "./requests/answer-errors.ts";
import { executeRequest } from "./requests/execute-request.ts";
import { RequestPreparation } from "./requests/request-preparation.ts";
import { compileAgain, subscribeRequest } from "./requests/subscribe-request.ts";
import type { StreamObserver } from "./subscriptions/observer.ts";
import type { SubscriptionSource } from "./subscriptions/source.ts";
import { Streams } from "./subscriptions/streams.ts";
import type { Transport } from "./transport/transport.ts";

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

/** @throws Error when the document is not a supergraph, or requires something that this gateway cannot enforce */
export function createGateway(options: GatewayOptions): Gateway {
  const { transport, introspection, limits = defaultLimits, documents = new Documents() } = options;
  const { onDenied, onRequest, subscriptions: source } = options;
  const preparation = new RequestPreparation({ documents, limits, introspection });
  const streams = source && new Streams({ source, transport, observer: options.streamObserver ?? {} });
  const execution = { preparation, transport, documents, source, onDenied };
  const subscribing = streams && { preparation, transport, streams, onDenied };
  let operations = operationsOf(options.loaded ?? options.supergraphSdl, options);

  return {
    get apiSchema() {
      return operations.apiSchema;
    },
    execute: async (request, context) => {
      if (!onRequest) return executeRequest(operations, request, context, execution);
      const began = performance.now();
      const answer = await executeRequest(operations, request, context, execution);
      onRequest({ document: answer.document, refused: answer.refused, milliseconds: performance.now() - began });
      return answer;
    },
    subscribe: async (request, context, subscriber) => {
      try {
        return subscribing && (await subscribeRequest(operations, request, context, subscriber, subscribing));
      } catch (error) {
        const answer = refusal(error, context.requestId);
        onRequest?.({ document: undefined, refused: answer.refused, milliseconds: 0 });
        return { refused: answer };
      }
    },
    replaceSupergraph: async (sdl) => {
      const old = operations;
      const next = operationsOf(sdl, options);
      let applyPlans: () => void = () => undefined;
      try {
        await planAhead(next, old, documents);
        if (streams) applyPlans = await streams.replanned(next, (subscription) => compileAgain(next, subscription));
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

function operationsOf(given: string | LoadedSupergraph, options: GatewayOptions): Operations {
  const { introspection, limits = defaultLimits, planning = "own thread" } = options;
  const supergraph = typeof given === "string" ? loadSupergraph(given, options.policies) : given;
  const planner =
    planning === "this thread" ? plannerHere(supergraph.planned) : new PlannerThread(supergraph.sdl, limits.planMs);
  return new Operations(supergraph, planner, documentReader(supergraph.apiSchema, { limits, introspection }));
}
