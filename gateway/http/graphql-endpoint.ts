import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SpanKind, type SpanOptions } from "@opentelemetry/api";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { annotateSpan, inTraceOf, requestSpan, span } from "#lib/observability/tracing.ts";
import { RequestAborted } from "#lib/process/http-body.ts";
import type { AddressRange } from "#lib/trust/ip-address.ts";
import type { Client, Identity } from "#lib/trust/request-context.ts";
import type { Authentication } from "../authentication/authenticate.ts";
import type { GatewayOptions } from "../create-gateway.ts";
import type { Gateway } from "../gateway.ts";
import { refusal } from "../requests/answer-errors.ts";
import type { GraphQLAnswer } from "../requests/graphql-request.ts";
import type { ConnectionObserver } from "../sockets/observer.ts";
import { defaultSocketLimits, type SocketLimits } from "../sockets/socket-limits.ts";
import { ClientAddress } from "./client-address.ts";
import { isUnchanged } from "./entity-tag.ts";
import { LiveConnections } from "./live-connections.ts";
import { LoadShedding } from "./load-shedding.ts";
import { acceptedType, eventStream, type MediaType, plainJson, prefersEvents } from "./media-type.ts";
import { Origins } from "./origins.ts";
import { readRequest } from "./read-request.ts";
import { refuse } from "./refuse.ts";
import { send } from "./send.ts";

export interface GraphQLEndpointOptions extends Authentication, Pick<GatewayOptions, "onRequest"> {
  /** The time that an operation may take, in milliseconds. */
  requestTimeoutMs?: number;
  /** The origins whose pages may use the graph; none when absent. */
  allowedOrigins?: readonly string[];
  /** Proxies whose `X-Forwarded-For` is trusted; none when absent. */
  trustedProxies?: readonly AddressRange[];
  /** Whether pages that this machine serves may use the graph as well, as in development. */
  loopbackOrigins?: boolean;
  /** Accepts sockets of anonymous clients. */
  anonymousSockets?: boolean;
  socketLimits?: Partial<SocketLimits> | undefined;
  connectionObserver?: ConnectionObserver | undefined;
}

const defaultRequestTimeoutMs = 15_000;
const longestUserAgent = 256;

interface Arrived {
  url: URL;
  /** The id of a document that the path names. */
  documentId: string | undefined;
  requestId: string;
  type: MediaType | undefined;
}

/** GraphQL over HTTP, WebSockets and event streams: what the paths below `/graphql` answer. */
export class GraphQLEndpoint {
  readonly #options: GraphQLEndpointOptions;
  readonly #gateway: Gateway;
  readonly #load = new LoadShedding();
  readonly #origins: Origins;
  readonly #address: ClientAddress;
  readonly #live: LiveConnections;

  constructor(options: GraphQLEndpointOptions, gateway: Gateway) {
    this.#options = options;
    this.#gateway = gateway;
    this.#origins = new Origins({ allowed: options.allowedOrigins ?? [], loopback: options.loopbackOrigins ?? false });
    this.#address = new ClientAddress(options.trustedProxies ?? []);
    this.#live = new LiveConnections(gateway, {
      authentication: options,
      limits: { ...defaultSocketLimits, ...options.socketLimits },
      anonymous: options.anonymousSockets ?? false,
      requestTimeoutMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
      clientOf: (request) => this.#clientOf(request),
      observer: options.connectionObserver ?? {},
      admitOperation: () => this.#load.admit(),
      admit: (request) => {
        this.#load.admit();
        this.#origins.refuse(request);
      },
    });
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#live.upgrade(request, stream, head);
  }

  /** Ends long-lived connections, which would never end by themselves. */
  endLive(): Promise<void> {
    return this.#live.close();
  }

  async stop(): Promise<void> {
    this.#load.stop();
    await this.#gateway.stop();
  }

  /** @param documentId the id of a document that the path names */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL, documentId?: string): Promise<void> {
    const requestId = randomUUID();
    this.#origins.setHeaders(request, response);
    response.setHeader("x-request-id", requestId);
    const type = acceptedType(request.headers.accept);
    const arrived = { url, documentId, requestId, type };
    if (request.method === "OPTIONS") return this.#answerPreflight(request, response, arrived);
    await inTraceOf(request.headers["traceparent"], () =>
      requestSpan(...spanOf(request, arrived), () => this.#answerGraphQL(request, response, arrived)),
    );
  }

  async #answerGraphQL(request: IncomingMessage, response: ServerResponse, arrived: Arrived): Promise<void> {
    const { documentId, requestId, type = plainJson } = arrived;
    try {
      this.#origins.refuse(request);
    } catch (error) {
      // Refused by status whatever type is accepted: a page of that origin may not read a stream either.
      return refuse(response, this.#refusal(error, requestId), type);
    }
    const answer = await this.#execute(request, response, arrived).catch((error: unknown) => {
      if (!(error instanceof RequestAborted)) return this.#refusal(error, requestId);
      log.gateway.debug({ err: error, requestId }, "a client ended its request");
      response.destroy();
      return undefined;
    });
    if (!answer) return;
    if (answer.refused !== undefined) return refuse(response, answer, wantsStream(request) ? eventStream : type);
    const isKnown = documentId !== undefined && request.method === "GET" && isUnchanged(request, response, answer.body);
    const status = isKnown ? 304 : 200;
    annotateSpan(() => ({ attributes: { "http.response.status_code": status } }));
    if (isKnown) response.writeHead(status).end();
    else send(response, status, type, answer.body);
  }

  #answerPreflight(request: IncomingMessage, response: ServerResponse, { requestId, type = plainJson }: Arrived): void {
    try {
      this.#origins.preflight(request, response);
    } catch (error) {
      return refuse(response, this.#refusal(error, requestId), type);
    }
    response.writeHead(204).end();
  }

  /** Counts and returns the refusal of a request that never became a GraphQL request. */
  #refusal(error: unknown, requestId: string): GraphQLAnswer {
    const refused = refusal(error, requestId);
    this.#options.onRequest?.({ document: undefined, refused: refused.refused, milliseconds: 0 });
    return refused;
  }

  #clientOf(request: IncomingMessage): Client {
    const userAgent = request.headers["user-agent"]?.slice(0, longestUserAgent);
    const ipAddress = this.#address.of(request);
    return { ...(ipAddress ? { ipAddress } : {}), ...(userAgent ? { userAgent } : {}) };
  }

  /** @param url of a stream of events, whose client may be unable to set headers */
  #identify(request: IncomingMessage, url: URL | undefined): Promise<Identity> {
    const ticket = url?.searchParams.get("ticket");
    const { redeem } = this.#options;
    if (ticket && redeem && request.headers.authorization === undefined) return redeem(ticket);
    return this.#options.identify(request);
  }

  async #execute(
    request: IncomingMessage,
    response: ServerResponse,
    { url, documentId, requestId, type }: Arrived,
  ): Promise<GraphQLAnswer | undefined> {
    const asEvents = prefersEvents(request.headers.accept);
    if (!type && !asEvents)
      throw new PublicError("NOT_ACCEPTABLE", "Responses are application/graphql-response+json or JSON.");
    this.#load.admit();
    const gone = new AbortController();
    // Each call in flight adds a listener, however many there are.
    setMaxListeners(0, gone.signal);
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    const graphqlRequest = await readRequest(request, url, documentId);
    const identity: Identity = await span("authenticate", {}, () =>
      this.#identify(request, asEvents ? url : undefined),
    );
    // The close event of a client that has already disconnected will not come again: a stream that began now would never end.
    if (gone.signal.aborted) throw new RequestAborted(gone.signal.reason);
    const deadline = Date.now() + (this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs);
    const context = { identity, client: this.#clientOf(request), requestId, deadline, signal: gone.signal };
    return asEvents
      ? this.#live.streamEvents(request, response, { graphqlRequest, context })
      : this.#gateway.execute(graphqlRequest, context);
  }
}

/** Returns whether a refused request is for a stream. With another method there is no stream: 405 signals that to graphql-sse's single connection mode. */
const wantsStream = ({ method, headers }: IncomingMessage): boolean =>
  (method === "GET" || method === "POST") && prefersEvents(headers.accept);

/** Returns the name and options of the span. It contains only the pattern of the path: what a client writes there is its own. */
function spanOf({ method = "" }: IncomingMessage, { documentId, requestId }: Arrived): [string, SpanOptions] {
  const route = documentId === undefined ? "/graphql" : "/graphql/{id}";
  return [
    `${method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: { "http.request.method": method, "http.route": route, "novacron.request_id": requestId },
    },
  ];
}
