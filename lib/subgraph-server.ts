import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readBody, RequestAborted } from "./http-body.ts";
import { type Keyring, readKeyring } from "./keyring.ts";
import { log } from "./log.ts";
import { readDatabaseUrl, readSecret } from "./secrets.ts";
import { verifyContext } from "./signed-context.ts";
import { endOnStopSignals } from "./stop-signals.ts";
import type { Subgraph } from "./subgraph.ts";
import type { SubgraphRequest } from "./subgraph-request.ts";
import type { SubgraphSocketLimits } from "./subgraph-socket-limits.ts";
import { SubgraphSockets } from "./subgraph-sockets.ts";
import { exportTraces } from "./export-traces.ts";
import { inTraceOf } from "./tracing.ts";

export interface RunningServer {
  url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 4 * 2 ** 20;
/** How long calls in flight may go on when the server closes. */
const closeGraceMs = 5_000;

/**
 * The HTTP face of a subgraph that runs as a process of its own. It answers signed calls only, `_service` and `_entities` included; and to
 * everybody whether it runs (`/health/live`), and whether all it needs can be reached (`/health/ready`). Where it has subscriptions, they are
 * followed over WebSockets on the same path.
 */
export async function listenSubgraph(
  subgraph: Subgraph,
  keys: Keyring,
  host: string,
  port: number,
  ready: () => Promise<boolean> = async () => true,
  socketLimits: Partial<SubgraphSocketLimits> = {},
): Promise<RunningServer> {
  let isClosing = false;
  const isReady = async () => !isClosing && (await ready());
  const server = createServer((request, response) => {
    answer({ subgraph, keys, ready: isReady }, request, response).catch((error: unknown) => {
      if (error instanceof RequestAborted) {
        log.subgraph.debug({ err: error, subgraph: subgraph.name }, "a caller ended its call");
        response.destroy();
        return;
      }
      log.subgraph.error({ err: error, subgraph: subgraph.name }, "a call failed");
      send(response, 500, {
        errors: [{ message: "The service failed.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      });
    });
  });
  server.keepAliveTimeout = 60_000;
  const { name, subscriptions } = subgraph;
  const sockets = subscriptions && new SubgraphSockets({ name, subscriptions, keys }, socketLimits);
  if (sockets) server.on("upgrade", (request, stream, head) => sockets.upgrade(request, stream, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}/graphql`,
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
        void sockets?.close();
        setTimeout(() => server.closeAllConnections(), closeGraceMs).unref();
      }),
  };
}

async function answer(
  { subgraph, keys, ready }: { subgraph: Subgraph; keys: Keyring; ready: () => Promise<boolean> },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "GET" && request.url === "/health/live") return send(response, 200, { status: "live" });
  if (request.method === "GET" && request.url === "/health/ready") {
    const isReady = await ready();
    return send(response, isReady ? 200 : 503, { status: isReady ? "ready" : "not ready" });
  }
  if (request.method !== "POST" || request.url !== "/graphql") return send(response, 404, {});
  const body = await readBody(request, maxBodyBytes);
  if (body === undefined) return send(response, 413, {});
  const verified = verifyContext(keys, subgraph.name, request.headersDistinct, body);
  if ("refused" in verified) {
    const { remoteAddress } = request.socket;
    log.subgraph.warn({ subgraph: subgraph.name, reason: verified.refused, remoteAddress }, "a call was refused");
    return send(response, 401, {
      errors: [
        {
          message: "This service answers signed calls only.",
          extensions: { code: "UNAUTHENTICATED" },
        },
      ],
    });
  }
  const aborted = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) aborted.abort();
  });
  // The signature does not cover the trace: it decides nothing but where the call's spans are shown, and who may not call has none.
  const result = await inTraceOf(request.headers["traceparent"], () =>
    subgraph.execute(JSON.parse(body) as SubgraphRequest, verified.context, aborted.signal),
  );
  send(response, 200, result);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  // The rest of a body that is too large is never read, so the connection cannot carry another request.
  if (status === 413) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export interface ServedSubgraph {
  subgraph: Subgraph;
  /** Whether what it needs can be reached. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The process entry of a subgraph. Reads `DATABASE_URL_<NAME>`, `DATABASE_PASSWORD_<NAME>`, `NOVACRON_SIGNING_KEYS`, `HOST` and `PORT`;
 * prints one line when it can answer; stops on SIGTERM and Ctrl-C.
 */
export async function serveSubgraph(
  name: string,
  open: (config: { databaseUrl: string }) => Promise<ServedSubgraph>,
): Promise<void> {
  const databaseUrl = readDatabaseUrl(name);
  const given = readSecret("NOVACRON_SIGNING_KEYS");
  const missing = [
    ...(databaseUrl ? [] : [`DATABASE_URL_${name.toUpperCase()}`]),
    ...(given ? [] : ["NOVACRON_SIGNING_KEYS"]),
  ];
  if (!databaseUrl || !given) throw new Error(`The ${name} subgraph needs ${missing.join(" and ")}.`);
  const keys = readKeyring("NOVACRON_SIGNING_KEYS");
  const signals = endOnStopSignals();
  const stopTraces = await exportTraces(`novacron-${name}`);
  const { subgraph, ready, close } = await open({ databaseUrl });
  const server = await listenSubgraph(
    subgraph,
    keys,
    process.env["HOST"] ?? "127.0.0.1",
    Number(process.env["PORT"] ?? 0),
    ready,
  );
  signals.whenStarted(async () => {
    await server.close();
    await close();
    await stopTraces();
  });
  process.stdout.write(`novacron ${name} ready ${server.url}\n`);
}
