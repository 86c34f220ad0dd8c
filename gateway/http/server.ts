import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { closableServer } from "#lib/process/closable-server.ts";
import { listen } from "#lib/process/listen.ts";
import { createGateway, type GatewayOptions } from "../create-gateway.ts";
import { requestUrl } from "../request-url.ts";
import { refusal } from "../requests/answer-errors.ts";
import { GraphiQL, type GraphiQLOptions } from "./graphiql/graphiql.ts";
import { GraphQLEndpoint, type GraphQLEndpointOptions } from "./graphql-endpoint.ts";
import { plainJson } from "./media-type.ts";
import { acceptedUpgrades, isForWebSocket, withoutUpgrade } from "./other-upgrades.ts";
import { ReadinessEndpoint, type ReadinessOptions } from "./readiness.ts";
import { send } from "./send.ts";

export interface GatewayServerOptions extends GatewayOptions, GraphQLEndpointOptions, ReadinessOptions {
  host: string;
  port: number;
  /** The time that a client may take to send a request, in milliseconds; half of it for the headers. */
  slowRequestMs?: number;
  /** The time after which a client that reads nothing of its response is disconnected, in milliseconds. */
  unreadAnswerMs?: number;
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
const defaultSlowRequestMs = 20_000;
/** Longer than an operation takes, and than event streams are silent. Unread data is kept in memory. */
const defaultUnreadAnswerMs = 60_000;

/** Starts the gateway's HTTP server: `/graphql`, `/health/live`, `/health/ready`, and `/graphiql/` when it is configured. */
export async function startGateway(options: GatewayServerOptions): Promise<GatewayServer> {
  const gateway = createGateway(options);
  const endpoint = new GraphQLEndpoint(options, gateway);
  const route = router(options, endpoint);
  let isClosing = false;
  // A slow client occupies a socket for this long, and nothing else.
  const patienceMs = options.slowRequestMs ?? defaultSlowRequestMs;
  const patience = {
    headersTimeout: patienceMs / 2,
    requestTimeout: patienceMs,
    connectionsCheckingInterval: Math.min(1_000, patienceMs / 2),
  };
  const server = createServer({ ...patience, ...acceptedUpgrades }, (request, response) => {
    // The connection is not kept for another request.
    if (isClosing) response.setHeader("connection", "close");
    route(request, response, isClosing).catch((error: unknown) => {
      log.gateway.error({ err: error }, "a request failed");
      response.destroy();
    });
  });
  const closeServer = closableServer(server);
  server.setTimeout(options.unreadAnswerMs ?? defaultUnreadAnswerMs);
  server.on("upgrade", (request, stream: Duplex, head) =>
    isForWebSocket(request) ? endpoint.upgrade(request, stream, head) : withoutUpgrade(server, request, stream, head),
  );
  await listen(server, { host: options.host, port: options.port, setting: "--port or PORT" });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}/graphql`,
    replaceSupergraph: (sdl) => gateway.replaceSupergraph(sdl),
    close: async () => {
      isClosing = true;
      const closed = closeServer(closeGraceMs);
      await endpoint.endLive();
      await closed;
      await endpoint.stop();
      await options.transport.close();
      await options.subscriptions?.close();
    },
  };
}

/** Returns a function that answers requests by their path. */
function router(options: GatewayServerOptions, endpoint: GraphQLEndpoint) {
  const readiness = new ReadinessEndpoint(options);
  const graphiql = options.graphiql && new GraphiQL(options.graphiql);
  return async (request: IncomingMessage, response: ServerResponse, isClosing: boolean): Promise<void> => {
    const url = requestUrl(request);
    if (url?.pathname === "/health/live") return send(response, 200, plainJson, `{"status":"live"}\n`);
    if (url?.pathname === "/health/ready")
      return readiness.answer(response, { isClosing, isVerbose: url.searchParams.has("verbose") });
    if (url && graphiql?.answer(request, response, url)) return;
    const [path, documentId] = /^\/graphql(?:\/([^/]+))?$/.exec(url?.pathname ?? "") ?? [];
    if (url && path) return endpoint.answer(request, response, url, documentId);
    const nothing = new PublicError("NOT_FOUND", "The graph is at /graphql.");
    send(response, 404, plainJson, refusal(nothing, randomUUID()).body);
  };
}
