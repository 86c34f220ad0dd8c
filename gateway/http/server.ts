import { createHash, randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { SpanKind, type SpanOptions } from "@opentelemetry/api";
import { PublicError } from "#lib/errors.ts";
import type { AddressRange } from "#lib/trust/ip-address.ts";
import { RequestAborted } from "#lib/process/http-body.ts";
import { closeServer } from "#lib/process/close-server.ts";
import { listen } from "#lib/process/listen.ts";
import { log } from "#lib/observability/log.ts";
import type { Client, Identity } from "#lib/trust/request-context.ts";
import { inTraceOf, requestSpan, span, annotateSpan } from "#lib/observability/tracing.ts";
import { refusal } from "../answer-errors.ts";
import type { Authentication } from "../authentication/authenticate.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../create-gateway.ts";
import { ClientAddress } from "./client-address.ts";
import { GraphiQL, type GraphiQLOptions } from "./graphiql/graphiql.ts";
import type { GraphQLAnswer } from "../graphql-request.ts";
import { requestUrl } from "../request-url.ts";
import type { ConnectionObserver } from "../sockets/observer.ts";
import { defaultSocketLimits, type SocketLimits } from "../sockets/socket-limits.ts";
import { LiveConnections } from "./live-connections.ts";
import { LoadShedding } from "./load-shedding.ts";
import { acceptedType, eventStream, type MediaType, plainJson, prefersEvents } from "./media-type.ts";
import { Origins } from "./origins.ts";
import { acceptedUpgrades, isForWebSocket, withoutUpgrade } from "./other-upgrades.ts";
import { ReadinessFace, type ReadinessOptions } from "./readiness.ts";
import { readRequest } from "./read-request.ts";
import { refuse } from "./refuse.ts";
import { send } from "./send.ts";

export interface GatewayServerOptions extends GatewayOptions, Authentication, ReadinessOptions {
  host: string;
  port: number;
  /** The time that an operation may take, in milliseconds. */
  requestTimeoutMs?: number;
  /** The time that a client may take to send a request, in milliseconds; half of it for the headers. */
  slowRequestMs?: number;
  /** The time after which a client that reads nothing of its response is disconnected, in milliseconds. */
  unreadAnswerMs?: number;
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
  /** GraphiQL for browsers that open `/graphql`; when absent there is no page. */
  graphiql?: GraphiQLOptions | undefined;
}

export interface GatewayServer {
  url: string;
  /** @see Gateway */
  replaceSupergraph(sdl: string): Promise<void>;
  /** Accepts no new requests; resolves when those in flight have been answered. */
  close(): Promise<void>;
}

/** The time that requests in flight may take when the server closes. */
const closeGraceMs = 10_000;
const defaultRequestTimeoutMs = 15_000;
const defaultSlowRequestMs = 20_000;
/** Longer than an operation takes, and than event streams are silent. Unread data is kept in memory. */
const defaultUnreadAnswerMs = 60_000;

/** Starts the gateway's HTTP server: `/graphql`, `/health/live`, `/health/ready`, and `/graphiql/` when it is configured. */
export async function startGateway(options: GatewayServerOptions): Promise<GatewayServer> {
  const gateway = createGateway(options);
  const face = new GraphQLFace(options, gateway);
  // A slow client occupies a socket for this long, and nothing else.
  const patienceMs = options.slowRequestMs ?? defaultSlowRequestMs;
  const patience = {
    headersTimeout: patienceMs / 2,
    requestTimeout: patienceMs,
    connectionsCheckingInterval: Math.min(1_000, patienceMs / 2),
  };
  const server = createServer({ ...patience, ...acceptedUpgrades }, (request, response) => {
    face.answer(request, response).catch((error: unknown) => {
      log.gateway.error({ err: error }, "a request failed");
      response.destroy();
    });
  });
  server.setTimeout(options.unreadAnswerMs ?? defaultUnreadAnswerMs);
  server.on("upgrade", (request, stream: Duplex, head) =>
    isForWebSocket(request) ? face.upgrade(request, stream, head) : withoutUpgrade(server, request, stream, head),
  );
  await listen(server, { host: options.host, port: options.port, setting: "--port or PORT" });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}/graphql`,
    replaceSupergraph: (sdl) => gateway.replaceSupergraph(sdl),
    close: async () => {
      face.isClosing = true;
      const closed = closeServer(server, closeGraceMs);
      await face.endLive();
      await closed;
      await face.stop();
      await options.transport.close();
      await options.subscriptions?.close();
    },
  };
}

interface Arrived {
  url: URL;
  /** The id of a document that the path names. */
  documentId: string | undefined;
  requestId: string;
  type: MediaType | undefined;
}

class GraphQLFace {
  /** When true, connections are not kept for another request. */
  isClosing = false;
  readonly #options: GatewayServerOptions;
  readonly #gateway: Gateway;
  readonly #load = new LoadShedding();
  readonly #origins: Origins;
  readonly #address: ClientAddress;
  readonly #readiness: ReadinessFace;
  readonly #graphiql: GraphiQL | undefined;
  readonly #live: LiveConnections;

  constructor(options: GatewayServerOptions, gateway: Gateway) {
    this.#options = options;
    this.#gateway = gateway;
    this.#origins = new Origins({ allowed: options.allowedOrigins ?? [], loopback: options.loopbackOrigins ?? false });
    this.#address = new ClientAddress(options.trustedProxies ?? []);
    this.#readiness = new ReadinessFace(options);
    this.#graphiql = options.graphiql && new GraphiQL(options.graphiql);
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

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isClosing) response.setHeader("connection", "close");
    const url = requestUrl(request);
    if (url?.pathname === "/health/live") return send(response, 200, plainJson, `{"status":"live"}\n`);
    if (url?.pathname === "/health/ready")
      return this.#readiness.answer(response, {
        isClosing: this.isClosing,
        isVerbose: url.searchParams.has("verbose"),
      });
    if (url && this.#graphiql?.answer(request, response, url)) return;
    const requestId = randomUUID();
    const documentId = /^\/graphql\/([^/]+)$/.exec(url?.pathname ?? "")?.[1];
    if (!url || (url.pathname !== "/graphql" && documentId === undefined)) {
      const nothing = new PublicError("NOT_FOUND", "The graph is at /graphql.");
      return send(response, 404, plainJson, refusal([nothing], requestId).body);
    }
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
    const isKnown = documentId !== undefined && request.method === "GET" && isUnchanged(request, response, answer);
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
    const refused = refusal([error], requestId);
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

const longestUserAgent = 256;

/** Tags a response with its content, for its caller alone, and returns whether the caller has it already. */
function isUnchanged({ headers }: IncomingMessage, response: ServerResponse, { body }: GraphQLAnswer): boolean {
  const tag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  response.setHeader("etag", tag);
  response.setHeader("cache-control", "private, no-cache");
  response.setHeader("vary", "accept, authorization, origin");
  return headers["if-none-match"]?.split(",").some((known) => known.trim().replace(/^W\//, "") === tag) ?? false;
}
