import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ApolloServer, HeaderMap } from "@apollo/server";
import { readBody } from "#lib/http-body.ts";
import { log } from "#lib/log.ts";
import { type ErrorCode, PublicError } from "#lib/errors.ts";
import type { Client } from "#lib/request-context.ts";
import type { Authenticate } from "./authentication/authenticate.ts";
import type { RecordDenials } from "./authentication/denials.ts";
import type { Policies } from "./authorization/requirement.ts";
import { createGraph, type GatewayContext } from "./graph.ts";
import type { Transport } from "./transport/transport.ts";

export interface GatewayOptions {
  supergraphSdl: string;
  transport: Transport;
  /** Who sends this request; rejects with a PublicError for what cannot be told. */
  identify: Authenticate;
  /** True when every part that an answer needs can be reached. */
  ready(): Promise<boolean>;
  introspection: boolean;
  /** What the names in the supergraph's `@policy` mean. */
  policies: Policies;
  /** Is told the permissions and policies for whose lack fields were refused. */
  onDenied?: RecordDenials;
  host: string;
  port: number;
  /** What an operation may take, in milliseconds. */
  requestTimeoutMs?: number;
}

export interface Gateway {
  url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 256 * 1024;
/** How long requests in flight may go on when the server closes. */
const closeGraceMs = 10_000;

/** Starts the gateway's HTTP server: `/graphql`, `/health/live`, `/health/ready`. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const graph = await createGraph(options);
  const server = createServer((request, response) => {
    route(options, graph, request, response).catch((error: unknown) => {
      log.gateway.error({ err: error }, "a request failed");
      refuse(response, 500, "INTERNAL_SERVER_ERROR", "The service failed.");
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}/graphql`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), closeGraceMs).unref();
      await closed;
      await graph.stop();
      await options.transport.close();
    },
  };
}

async function route(
  options: GatewayOptions,
  graph: ApolloServer<GatewayContext>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://gateway");
  if (url.pathname === "/health/live") return sendJson(response, 200, { status: "live" });
  if (url.pathname === "/health/ready") {
    const ready = await options.ready();
    return sendJson(response, ready ? 200 : 503, { status: ready ? "ready" : "not ready" });
  }
  if (url.pathname !== "/graphql") return sendJson(response, 404, { errors: [{ message: "Not found." }] });

  const text = request.method === "POST" ? await readBody(request, maxBodyBytes) : "";
  if (text === undefined)
    return refuse(response, 413, "PAYLOAD_TOO_LARGE", `A body holds at most ${maxBodyBytes} bytes.`);
  const body = parseBody(request, text);
  if (body === malformed) return refuse(response, 400, "BAD_REQUEST", "The body is not JSON.");

  const identity = await options.identify(request).catch((error: unknown) => {
    if (error instanceof PublicError) return error;
    throw error;
  });
  if (identity instanceof PublicError) return refuseUnidentified(response, identity);

  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const result = await graph.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method ?? "GET",
      headers: headersOf(request),
      search: url.search,
      body,
    },
    context: async () => ({
      identity,
      client: clientOf(request),
      requestId: randomUUID(),
      deadline: Date.now() + (options.requestTimeoutMs ?? 15_000),
      signal: gone.signal,
    }),
  });
  for (const [name, value] of result.headers) response.setHeader(name, value);
  response.statusCode = result.status ?? 200;
  if (result.body.kind === "complete") {
    response.end(result.body.string);
    return;
  }
  for await (const chunk of result.body.asyncIterator) response.write(chunk);
  response.end();
}

const malformed = Symbol("malformed");

function parseBody(request: IncomingMessage, text: string): unknown {
  if (request.method !== "POST" || !request.headers["content-type"]?.startsWith("application/json"))
    return text === "" ? undefined : text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return malformed;
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

const longestUserAgent = 256;

function clientOf(request: IncomingMessage): Client {
  const userAgent = request.headers["user-agent"]?.slice(0, longestUserAgent);
  // An IPv4 address that reached a socket of both kinds.
  const ipAddress = request.socket.remoteAddress?.replace(/^::ffff:/, "");
  return { ...(ipAddress ? { ipAddress } : {}), ...(userAgent ? { userAgent } : {}) };
}

const unidentifiedStatus: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  AUTH_UNAVAILABLE: 503,
};

function refuseUnidentified(response: ServerResponse, error: PublicError): void {
  const { retryAfter = error.code === "AUTH_UNAVAILABLE" ? 1 : undefined } = error.details;
  if (typeof retryAfter === "number") response.setHeader("retry-after", retryAfter);
  if (error.code === "UNAUTHENTICATED") response.setHeader("www-authenticate", "Bearer");
  refuse(response, unidentifiedStatus[error.code] ?? 500, error.code, error.message, error.details);
}

function refuse(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): void {
  sendJson(response, status, { errors: [{ message, extensions: { code, ...details } }] });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  // The rest of a body that is too large is never read, so the connection cannot carry another request.
  if (status === 413) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
}
