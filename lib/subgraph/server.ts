import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CallerKey, parseCallerKeys, readCallerKeys } from "../trust/call-keys.ts";
import { ConfigurationError } from "../process/configuration-error.ts";
import { PublicError } from "../errors.ts";
import type { ExecutedWrites } from "./executed-writes.ts";
import { readBody, RequestAborted } from "../process/http-body.ts";
import { closableServer } from "../process/closable-server.ts";
import { listen } from "../process/listen.ts";
import { followKeys } from "../trust/live-keys.ts";
import { log } from "../observability/log.ts";
import { readPort } from "../process/port-variable.ts";
import { type Current, Replaceable } from "../replaceable.ts";
import { runProcess } from "../process/run-process.ts";
import { readDatabaseUrl, readSecret } from "../trust/secrets.ts";
import { type Refusal, verifyContext } from "../trust/signed-context.ts";
import { endOnStopSignals } from "../process/stop-signals.ts";
import type { Subgraph } from "./subgraph.ts";
import type { SubgraphRequest } from "./request.ts";
import type { SubgraphSocketLimits } from "./socket-limits.ts";
import { SubgraphSockets } from "./sockets.ts";
import { exportTraces } from "../observability/export-traces.ts";
import { inTraceOf } from "../observability/tracing.ts";

export interface RunningServer {
  url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 4 * 2 ** 20;
/** The time that calls in flight may take when the server closes. */
const closeGraceMs = 5_000;

export interface ListeningSubgraph {
  subgraph: Subgraph;
  /** The keys with which it verifies its callers. */
  callers: Current<readonly CallerKey[]>;
  executedWrites: ExecutedWrites;
  /** Returns whether everything that it needs can be reached. */
  ready?(): Promise<boolean>;
}

/**
 * Serves a subgraph that runs in its own process over HTTP. It answers signed calls only, including `_service` and `_entities`, and executes each mutation
 * once. Any client may read its liveness (`/health/live`), and whether everything that it needs can be reached (`/health/ready`). If the subgraph has
 * subscriptions, they are served over WebSockets on the same path.
 */
export async function listenSubgraph(
  listening: ListeningSubgraph,
  host: string,
  port: number,
  socketLimits: Partial<SubgraphSocketLimits> = {},
): Promise<RunningServer> {
  const { subgraph, callers, ready = async () => true } = listening;
  let isClosing = false;
  const isReady = async () => !isClosing && (await ready());
  const server = createServer((request, response) => {
    answer({ ...listening, ready: isReady }, request, response).catch((error: unknown) => {
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
  const closeServer = closableServer(server);
  server.keepAliveTimeout = 60_000;
  const { name, subscriptions } = subgraph;
  const sockets = subscriptions && new SubgraphSockets({ name, subscriptions, callers }, socketLimits);
  if (sockets) server.on("upgrade", (request, stream, head) => sockets.upgrade(request, stream, head));
  await listen(server, { host, port, setting: "PORT" });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}/graphql`,
    close: () => {
      isClosing = true;
      void sockets?.close();
      return closeServer(closeGraceMs);
    },
  };
}

async function answer(
  { subgraph, callers, executedWrites, ready = async () => true }: ListeningSubgraph,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "GET" && request.url === "/health/live") return send(response, 200, { status: "live" });
  if (request.method === "GET" && request.url === "/health/ready") {
    const isReady = await ready();
    return send(response, isReady ? 200 : 503, { status: isReady ? "ready" : "not ready" });
  }
  if (request.method !== "POST" || request.url !== "/graphql") return send(response, 404, {});
  const bytes = await readBody(request, maxBodyBytes);
  if (bytes === undefined) return send(response, 413, {});
  const body = bytes.toString("utf8");
  const refuse = (reason: Refusal | "sent twice") => {
    const { remoteAddress } = request.socket;
    log.subgraph.warn({ subgraph: subgraph.name, reason, remoteAddress }, "a call was refused");
    send(response, 401, {
      errors: [
        {
          message: "This service answers signed calls only.",
          extensions: { code: "UNAUTHENTICATED" },
        },
      ],
    });
  };
  const verified = verifyContext(callers.current(), subgraph.name, request.headersDistinct, body);
  if ("refused" in verified) return refuse(verified.refused);
  const graphqlRequest = JSON.parse(body) as SubgraphRequest;
  if (subgraph.writes(graphqlRequest)) {
    const isFirst = await executedWrites.remember(verified.nonce).catch((error: unknown) => {
      if (!(error instanceof PublicError)) throw error;
      return error;
    });
    if (!isFirst) return refuse("sent twice");
    if (isFirst instanceof PublicError) {
      const { message, code, details } = isFirst;
      return send(response, 200, { errors: [{ message, extensions: { ...details, code } }] });
    }
  }
  const aborted = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) aborted.abort();
  });
  // The signature does not cover the trace: it only decides where the call's spans are shown, and an unauthorized caller has none.
  const result = await inTraceOf(request.headers["traceparent"], () =>
    subgraph.execute(graphqlRequest, verified.context, aborted.signal),
  );
  send(response, 200, result);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  // The rest of a body that is too large is never read, so the connection cannot carry another request.
  if (status === 413) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export interface ServedSubgraph extends Omit<ListeningSubgraph, "callers"> {
  close(): Promise<void>;
}

/** The logins of a subgraph's database: its service, and its system role for work that crosses tenants. */
export type SubgraphLogin = "service" | "system";

export interface SubgraphProcess<Login extends SubgraphLogin> {
  name: string;
  logins: readonly Login[];
  /**
   * Opens the resources of the subgraph.
   * @param urls of its database, by login
   */
  open(urls: Readonly<Record<Login, string>>): Promise<ServedSubgraph>;
}

/**
 * The process entry of a subgraph. Reads the URLs of its database, `NOVACRON_CALLER_KEYS`, `HOST` and `PORT`; prints one line when it is ready; stops on
 * SIGTERM and Ctrl-C.
 */
export const serveSubgraph = <Login extends SubgraphLogin>({ name, logins, open }: SubgraphProcess<Login>) =>
  runProcess(async () => {
    const urls = readUrls(name, logins);
    const callers = new Replaceable(readCallerKeys("NOVACRON_CALLER_KEYS"));
    const endKeys = followKeys("NOVACRON_CALLER_KEYS", callers, parseCallerKeys);
    const signals = endOnStopSignals();
    const stopTraces = await exportTraces(`novacron-${name}`);
    const { close, ...served } = await open(urls);
    const host = process.env["HOST"] ?? "127.0.0.1";
    const server = await listenSubgraph({ ...served, callers }, host, readPort("PORT", 0));
    signals.whenStarted(async () => {
      endKeys();
      await server.close();
      await close();
      await stopTraces();
    });
    process.stdout.write(`novacron ${name} ready ${server.url}\n`);
  });

/**
 * Returns the URL for each login. The owner's URL replaces missing ones in development, and in production only when all are missing: then the database's
 * check of logins reports the problem.
 * @throws ConfigurationError that names every missing variable, including `NOVACRON_CALLER_KEYS`
 */
function readUrls<Login extends SubgraphLogin>(name: string, logins: readonly Login[]): Record<Login, string> {
  const own = logins.map((login) => [login, readDatabaseUrl(`${name}_${login}`)] as const);
  const ownerDoes = process.env["NOVACRON_ENV"] !== "production" || own.every(([, url]) => url === undefined);
  const owner = ownerDoes ? readDatabaseUrl(name) : undefined;
  const urls = own.map(([login, url]) => [login, url ?? owner] as const);
  const missing = urls.flatMap(([login, url]) => (url ? [] : `DATABASE_URL_${name}_${login}`.toUpperCase()));
  if (!readSecret("NOVACRON_CALLER_KEYS")) missing.push("NOVACRON_CALLER_KEYS");
  if (missing.length > 0)
    throw new ConfigurationError(missing.map((variable) => `${variable}: is not set; the ${name} subgraph needs it`));
  return Object.fromEntries(urls) as Record<Login, string>;
}
