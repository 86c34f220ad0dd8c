import { createHash } from "node:crypto";
import { connect } from "node:net";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { composeServices } from "@apollo/composition";
import { buildSchema, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import { log } from "#lib/observability/log.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { listenSubgraph } from "#lib/subgraph/server.ts";

const typeDefs = parse("type Query { hello: String }");
const { supergraphSdl = "" } = composeServices([{ name: "one", typeDefs, url: "http://one" }]);

const start = (more: Partial<GatewayServerOptions> = {}) =>
  startGateway({
    supergraphSdl,
    introspection: true,
    planning: "this thread",
    transport: { send: async () => ({ data: { hello: "world" } }), close: async () => undefined },
    identify: async () => anonymous,
    ready: async () => true,
    allowedOrigins: ["https://console.example"],
    host: "127.0.0.1",
    port: 0,
    ...more,
  });
let gateway: GatewayServer;
let development: GatewayServer;
beforeAll(async () => {
  gateway = await start();
  development = await start({ loopbackOrigins: true });
});
afterAll(() => Promise.all([gateway.close(), development.close()]));

const hello = JSON.stringify({ query: "{ hello }" });
const post = (body: string, headers: Record<string, string> = {}, { url } = gateway) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
const preflight = (origin: string, { url } = gateway, headers = "content-type") =>
  fetch(url, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": headers },
  });
const list = (value: string | null) => (value ?? "").split(", ");

describe("case G31: a page on another port or site", () => {
  const origin = "https://console.example";

  it("may send the headers that clients usually send, and other headers that its preflight names", async () => {
    const response = await preflight(origin, gateway, "X-Own-Header, not a header, x-y");
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const allowed = list(response.headers.get("access-control-allow-headers"));
    for (const name of [
      "authorization",
      "content-type",
      "x-request-id",
      "last-event-id",
      "traceparent",
      "x-own-header",
      "x-y",
      "apollographql-client-name",
      "apollographql-client-version",
    ])
      expect(allowed).toContain(name);
    expect(allowed).not.toContain("not a header");
    expect(list(response.headers.get("vary"))).toEqual(["origin", "access-control-request-headers"]);
  });

  it("may read the id of its request", async () => {
    const response = await post(hello, { origin });
    expect(list(response.headers.get("access-control-expose-headers"))).toContain("x-request-id");
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is refused with the name of the setting that would allow it, by HTTP and WebSocket, and the log has one line about it", async () => {
    const info = vi.spyOn(log.gateway, "info");
    const foreign = "https://elsewhere.example";
    const socket = {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": `${"A".repeat(22)}==`,
    };
    const upgraded = await new Promise<string>((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const client = connect(Number(port), "127.0.0.1");
      const headers = Object.entries({ host: "x", origin: foreign, ...socket }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      let text = "";
      client
        .on("data", (chunk) => (text += chunk.toString()))
        .once("close", () => resolve(text))
        .once("error", reject);
      client.write(`GET /graphql HTTP/1.1\r\n${headers.join("")}\r\n`);
    });
    expect(upgraded).toMatch(/^HTTP\/1.1 403 [^]*ALLOWED_ORIGINS/);
    for (const response of [await preflight(foreign), await post(hello, { origin: foreign })]) {
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([403, null]);
      expect(await response.text()).toContain("ALLOWED_ORIGINS");
    }
    const lines = info.mock.calls.map(([fields]) => (fields as { origin?: string }).origin);
    expect(lines).toEqual([foreign]);
    info.mockRestore();
  });

  it.each([
    "http://localhost:5173",
    "https://localhost",
    "http://127.0.0.1:3000",
    "http://[::1]:8080",
    "http://app.localhost:3000",
  ])("may use a gateway in development only if this machine serves the page: %s", async (local) => {
    const preflighted = await preflight(local, development);
    expect([preflighted.status, preflighted.headers.get("access-control-allow-origin")]).toEqual([204, local]);
    expect((await post(hello, { origin: local, "sec-fetch-site": "same-site" }, development)).status).toBe(200);
    expect((await preflight(local)).status).toBe(403);
    expect((await post(hello, { origin: local })).status).toBe(403);
  });

  it.each([
    "http://localhost.evil.example",
    "http://127.0.0.1.nip.io",
    "https://evil.example",
    "null",
    "file://",
    "http://notlocalhost:1",
    "http://127.0.0.1@evil.example",
    "ftp://localhost",
    "http://localhost:5173/",
  ])("may not use a gateway in development because its host resembles this machine's: %s", async (foreign) => {
    expect((await post(hello, { origin: foreign }, development)).status).toBe(403);
  });
});

describe("case G47: what a client sends before it is identified logs no error:", () => {
  const logged: [string, ...unknown[]][] = [];
  beforeAll(() => {
    for (const level of ["warn", "error", "fatal"] as const)
      vi.spyOn(log.gateway, level).mockImplementation((...given) => void logged.push([level, ...given]));
  });
  afterAll(() => void vi.restoreAllMocks());

  /** Sends bytes, and resets the connection when the server has received them or has answered. */
  const sendAndCut = (bytes: string, { url }: { url: string } = gateway) =>
    new Promise<void>((resolve) => {
      const { port } = new URL(url);
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy())),
      );
      socket.on("error", () => undefined);
      socket.once("close", () => resolve());
    });
  const request = (line: string, headers: string, body = "") => `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
  const posted = "Content-Type: application/json\r\nContent-Length: 100\r\n";
  const socket = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n`;

  it.each([
    ["a body that ends early", request("POST /graphql", posted, '{"query":')],
    [
      "a body of an event stream that ends early",
      request("POST /graphql", `${posted}Accept: text/event-stream\r\n`, "{"),
    ],
    [
      "a body with invalid chunks",
      request("POST /graphql", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "zz\r\n"),
    ],
    [
      "a body that is not UTF-8",
      request("POST /graphql", "Content-Type: application/json\r\nContent-Length: 2\r\n", "\xff\xfe"),
    ],
    ["a path of slashes", request("GET //", "")],
    ["a path with another host", request("GET //[", "")],
    ["an invalid address", request("GET http://[", "")],
    ["OPTIONS *", request("OPTIONS *", "")],
    ["a query that is not UTF-8", request("GET /graphql?query=%ff%fe", "")],
    ["an upgrade with an invalid address", request("GET http://[", socket)],
    [
      "an upgrade without a key and a subprotocol",
      request("GET /graphql", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    ],
    ["invalid frames", request("GET /graphql", socket, "\xff\xff\xff\xff")],
    ["a request that is not HTTP", "nonsense\r\n\r\n"],
    [
      "invalid headers",
      request(
        "GET /graphql?query={hello}",
        "traceparent: x\r\nif-none-match: \xff\r\naccept: ;;,q=\r\norigin: ://\r\n",
      ),
    ],
  ])("%s", async (_what, bytes) => {
    logged.length = 0;
    await sendAndCut(bytes);
    // By now the server has processed the earlier bytes.
    expect((await post(hello)).status).toBe(200);
    await new Promise(setImmediate);
    expect((await post(hello)).status).toBe(200);
    expect(logged).toEqual([]);
  });

  it("the same in a subgraph that runs as a separate process", async () => {
    const errors = vi.spyOn(log.subgraph, "error").mockImplementation(() => undefined);
    const schema = buildSchema("type Query { a: Int }");
    const subgraph = {
      name: "one",
      schema,
      writes: () => false,
      execute: async () => ({}),
      subscriptions: undefined,
    };
    const listening = { subgraph, callers: { current: () => [] }, executedWrites: { remember: async () => true } };
    const served = await listenSubgraph(listening, "127.0.0.1", 0);
    await sendAndCut(request("POST /graphql", posted, '{"query":'), served);
    await sendAndCut(request("GET //", ""), served);
    expect((await fetch(new URL("/health/live", served.url))).status).toBe(200);
    await new Promise(setImmediate);
    expect((await fetch(new URL("/health/live", served.url))).status).toBe(200);
    expect(errors).not.toHaveBeenCalled();
    await served.close();
  });

  it("but a fault of the gateway logs one", async () => {
    const faulty = await start({ identify: () => Promise.reject(new Error("unexpected failure")) });
    logged.length = 0;
    expect((await fetch(`${faulty.url}?query={hello}`)).status).toBe(500);
    expect(logged).toHaveLength(1);
    await faulty.close();
  });
});

describe("case G14: Apollo's client of persisted queries", () => {
  it("sends no hash after the gateway has reported that it stores no documents", async () => {
    const sent: unknown[] = [];
    const http = new HttpLink({
      uri: gateway.url,
      fetch: (url, options) => {
        sent.push(JSON.parse(String(options?.body)));
        return fetch(url, options);
      },
    });
    const persisted = new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex") });
    const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([persisted, http]) });
    for (const name of ["A", "B", "C"]) {
      const { data } = await client.query({ query: parse(`query ${name} { hello }`), fetchPolicy: "no-cache" });
      expect(data).toEqual({ hello: "world" });
    }
    // The first operation is sent twice, the others once.
    expect(sent.map((body) => Object.keys(body as object).includes("query"))).toEqual([false, true, true, true]);
  });
});
