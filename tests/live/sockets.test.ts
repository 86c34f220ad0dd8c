import { request as httpRequest, type IncomingMessage } from "node:http";
import { createClient, type Client } from "graphql-ws";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { defaultLimits } from "#gateway/limits/limits.ts";
import { Documents } from "#gateway/documents/documents.ts";
import { hashOf, readManifest } from "#gateway/documents/manifest.ts";
import { type GatewayServer, type GatewayServerOptions, startGateway } from "#gateway/http/server.ts";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { countConnections, countEvents } from "#gateway/metrics.ts";
import { PublicError } from "#lib/errors.ts";
import { metrics } from "#lib/observability/metrics.ts";
import { anonymous, type Identity } from "#lib/trust/request-context.ts";
import { InMemoryLog, sourceOf } from "./in-memory-source.ts";
import { compose, order, orders, peopleTransport } from "./orders.ts";
import { type Message, RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

let log: InMemoryLog;
let gateway: GatewayServer;
/** The identities by token, which is also the id of the credential. */
let users: Map<string, Identity>;
/** The tokens by ticket. */
let tickets: Map<string, string>;
let authIsDown: boolean;
/** No operation is admitted before this resolves. */
let counting: Promise<void>;
let confirmations: number;
/** Runs before a client is identified; no client is identified before its promise resolves. */
let identifies: (request: IncomingMessage) => Promise<void>;

function userOf(token: string): Identity {
  if (authIsDown) throw new PublicError("AUTH_UNAVAILABLE", "Later.");
  const user = users.get(token);
  if (!user) throw new PublicError("UNAUTHENTICATED", "No.");
  return { ...user, credential: { kind: "session", id: token } };
}

const start = (socketLimits: Partial<SocketLimits> = {}, more: Partial<GatewayServerOptions> = {}) =>
  startGateway({
    ...more,
    supergraphSdl: compose(orders),
    subscriptions: sourceOf({ orders: log }),
    transport: peopleTransport(),
    introspection: true,
    planning: "this thread",
    identify: async (request) => {
      const { authorization } = request.headers;
      await identifies(request as IncomingMessage);
      return authorization === undefined ? anonymous : userOf(authorization.replace("Bearer ", ""));
    },
    redeem: async (ticket) => {
      const token = tickets.get(ticket);
      tickets.delete(ticket);
      return userOf(token ?? "");
    },
    confirm: async ({ id }, { counted } = { counted: false }) => {
      const user = userOf(id);
      confirmations += 1;
      if (counted) await counting;
      return user;
    },
    ready: async () => true,
    allowedOrigins: ["https://console.example"],
    socketLimits: { recheckMs: 20, closingMs: 200, ...socketLimits },
    host: "127.0.0.1",
    port: 0,
  });

beforeEach(async () => {
  log = new InMemoryLog();
  users = new Map([["ann", { kind: "user", id: "ann", tenantId: "one", permissions: ["secret:read"] }]]);
  tickets = new Map();
  authIsDown = false;
  counting = Promise.resolve();
  confirmations = 0;
  identifies = async () => undefined;
  gateway = await start();
});
afterEach(async () => {
  await gateway.close();
});

const query = "subscription { ordered { number by { name } } }";
const wsUrl = () => gateway.url.replace("http:", "ws:");

const as = (token = "ann") => ({ authorization: `Bearer ${token}` });
const init = (token = "ann"): Message => ({ type: "connection_init", payload: as(token) });
const numbers = (client: RawClient, id: string): number[] =>
  client.payloads<{ ordered: { number: number } }>(id).map(({ ordered }) => ordered.number);
const cursorOf = (ping: Message | undefined): string =>
  (ping?.payload as { cursors: Record<string, string> } | undefined)?.cursors["1"] ?? "";
const cursorIn = (next: Message | undefined): string | undefined =>
  (next?.payload as { extensions: { cursor: string } } | undefined)?.extensions.cursor;
/** Connects a client and subscribes; resolves when the subscription is acknowledged by a ping with its cursor. */
async function subscribed(extensions: Record<string, unknown> = {}): Promise<{ client: RawClient; cursor: string }> {
  const client = new RawClient(wsUrl());
  await client.connect(as(), subscribe("1", query, { extensions }));
  await until(() => client.of("ping").length > 0);
  return { client, cursor: cursorOf(client.of("ping")[0]) };
}

describe("a client of graphql-ws", () => {
  const connect = (token = "ann"): Client => {
    const client = createClient({
      url: wsUrl(),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    onTestFinished(() => void client.dispose());
    return client;
  };

  it("receives events with the fields of other subgraphs, each with the cursor after it", async () => {
    const events = connect().iterate<{ ordered: unknown }>({ query });
    const first = events.next();
    await until(() => log.following === 1);
    log.append(order(1));
    const { value } = await first;
    expect(value).toEqual({
      data: { ordered: { number: 1, by: { name: "name of p1" } } },
      extensions: { cursor: expect.any(String) as string },
    });
    await events.return?.();
  });

  it("sends queries, and receives the errors of an operation", async () => {
    const client = connect();
    const answers = [];
    for await (const answer of client.iterate({ query: "{ order { number } }" })) answers.push(answer);
    expect(answers).toEqual([{ data: { order: { number: 7 } } }]);
    const wrong = client.iterate({ query: "subscription { nothing }" });
    await expect(wrong.next()).rejects.toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    const two = client.iterate({ query: "query A { order { number } } query B { order { number } }" });
    await expect(two.next()).rejects.toMatchObject([{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }]);
  });
});

describe("the protocol", () => {
  it("sends a cursor at once, and a client that resumes after it misses nothing", async () => {
    const { client, cursor } = await subscribed();
    client.ws.terminate();
    log.append(order(1), order(2));
    const again = await subscribed({ after: cursor });
    await until(() => numbers(again.client, "1").length === 2);
    expect(numbers(again.client, "1")).toEqual([1, 2]);
  });

  it("sends no cursor that is behind the events it has sent", async () => {
    const { client, cursor } = await subscribed();
    log.append(order(1), order(2));
    await until(() => numbers(client, "1").length === 2);
    const again = await subscribed({ after: cursor });
    expect(numbers(again.client, "1")).toEqual([1, 2]);
    expect(again.cursor).toBe(cursorIn(client.of("next", "1")[1]));
  });

  it("attack 48: a subscription before connection_init, a bad token, no token, a second init, and no init close the socket", async () => {
    const closes = async (limits: Partial<SocketLimits>, ...messages: Message[]) => {
      await gateway.close();
      gateway = await start(limits);
      const client = new RawClient(wsUrl());
      await client.send(...messages);
      return client.closeCode();
    };
    expect(await closes({}, subscribe("1", query))).toBe(4401);
    expect(await closes({}, init("nobody"))).toBe(4403);
    expect(await closes({}, { type: "connection_init" })).toBe(4403);
    expect(await closes({}, init(), init())).toBe(4429);
    expect(await closes({ initMs: 50 })).toBe(4408);
  });

  it("attack 48: a token that becomes invalid closes the socket, even if it is idle", async () => {
    const { client } = await subscribed();
    users.delete("ann");
    const began = performance.now();
    expect(await client.closeCode()).toBe(4403);
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => log.following === 1);
  });

  it("attack 49: more subscriptions on a socket, or more sockets of a user, than allowed close the socket", async () => {
    await gateway.close();
    gateway = await start({ subscriptions: 3, socketsByUser: 2 });
    const many = new RawClient(wsUrl());
    await many.connect(as(), ...["1", "2", "3", "4"].map((id) => subscribe(id, query)));
    expect(await many.closeCode()).toBe(4412);
    const [one, two, three] = [new RawClient(wsUrl()), new RawClient(wsUrl()), new RawClient(wsUrl())];
    await one?.send(init());
    await two?.send(init());
    await until(() => one?.of("connection_ack").length === 1 && two?.of("connection_ack").length === 1);
    await three?.send(init());
    expect(await three?.closeCode()).toBe(4411);
    one?.ws.close();
    await until(() => one?.closed !== undefined);
    const four = new RawClient(wsUrl());
    await four.send(init());
    await until(() => four.of("connection_ack").length === 1);
  });

  it("attack 23: a page of another site gets no socket, one of an allowed site does", async () => {
    const statusFor = (origin: string, path = "/graphql") =>
      new Promise<number | undefined>((resolve) => {
        const headers = {
          connection: "upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": Buffer.alloc(16).toString("base64"),
          "sec-websocket-protocol": "graphql-transport-ws",
          origin,
        };
        const request = httpRequest(gateway.url.replace("/graphql", path), { headers });
        request.once("response", ({ statusCode }) => resolve(statusCode));
        request.once("upgrade", ({ statusCode }, socket) => {
          socket.destroy();
          resolve(statusCode);
        });
        request.end();
      });
    expect(await statusFor("https://evil.example")).toBe(403);
    expect(await statusFor("https://console.example")).toBe(101);
    expect(await statusFor("https://console.example", "/elsewhere")).toBe(404);
  });

  it("closes the socket at an invalid message, at an id in use, and at another protocol", async () => {
    for (const nonsense of [
      "nonsense",
      "[]",
      '{"type":"start"}',
      '{"type":"subscribe","id":1,"payload":{"query":""}}',
    ]) {
      const client = new RawClient(wsUrl());
      await client.connect(as(), nonsense);
      expect([nonsense, await client.closeCode()]).toEqual([nonsense, 4400]);
    }
    const binary = new RawClient(wsUrl());
    await binary.connect(as());
    binary.ws.send(Buffer.from(JSON.stringify(subscribe("1", query))));
    expect(await binary.closeCode()).toBe(4400);
    const { client } = await subscribed();
    await client.send(subscribe("1", query));
    expect(await client.closeCode()).toBe(4409);
    expect(await new RawClient(wsUrl(), "").closeCode()).toBe(4406);
    const large = new RawClient(wsUrl());
    await large.connect(as(), JSON.stringify(subscribe("1", " ".repeat(300 * 1024))));
    expect(await large.closeCode()).toBe(1009);
  });

  it("closes the socket at a payload that is nested too deeply to be serialized, and serves other clients", async () => {
    const { client } = await subscribed();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const type of ["ping", "pong", "connection_init"]) {
      const stranger = new RawClient(wsUrl());
      await stranger.send(`{"type":"${type}","payload":{"deep":${deep}}}`);
      expect([type, await stranger.closeCode()]).toEqual([type, 4400]);
    }
    log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
  });

  it("ends a subscription when the client completes it, and its id is free again", async () => {
    const { client } = await subscribed();
    log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    await client.send({ id: "1", type: "complete" }, subscribe("1", query));
    await until(() => client.of("ping").length === 2);
    log.append(order(2));
    await until(() => numbers(client, "1").length === 2);
    expect(numbers(client, "1")).toEqual([1, 2]);
  });

  it("sends the cursors in pings, answers pings, and closes the socket when its own are not answered", async () => {
    await gateway.close();
    gateway = await start({ pingMs: 60 });
    const { client } = await subscribed();
    log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    const after = cursorIn(client.of("next", "1")[0]);
    await until(() => client.of("ping").some((ping) => cursorOf(ping) === after));
    await client.send({ type: "ping" });
    await until(() => client.of("pong").length === 1);
    client.answersPings = false;
    expect(await client.closeCode()).toBe(4413);
  });
});

describe("an operation over a socket", () => {
  const long = `{ ${"order { number } ".repeat(700)} }`;
  const aliases = `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(" ")} }`;
  const known = "subscription Known { ordered { number } }";

  it.each([
    [
      "two operations without a name",
      "query A { order { number } } query B { order { number } }",
      {},
      "OPERATION_RESOLUTION_FAILURE",
    ],
    ["no document", undefined, {}, "BAD_REQUEST"],
    ["an invalid document", "subscription {", {}, "GRAPHQL_PARSE_FAILED"],
    ["an unknown field", "subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"],
    [
      "two root fields in one subscription",
      "subscription { ordered { number } b: ordered { number } }",
      {},
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["too many tokens", long, {}, "TOKEN_LIMIT_EXCEEDED"],
    ["too many aliases", aliases, {}, "ALIAS_LIMIT_EXCEEDED"],
    [
      "a variable of the wrong type",
      "subscription ($shop: ID) { ordered(shop: $shop) { number } }",
      { variables: { shop: {} } },
      "BAD_USER_INPUT",
    ],
    [
      "a list that is too long",
      "subscription ($shop: ID) { ordered(shop: $shop) { number } }",
      { variables: { shop: Array(101).fill("x") } },
      "LIST_LIMIT_EXCEEDED",
    ],
    ["an invalid cursor", query, { extensions: { after: "x" } }, "POSITION_INVALID"],
    ["an unknown document id", undefined, { documentId: `sha256:${"0".repeat(64)}` }, "DOCUMENT_UNKNOWN"],
  ])("is refused as over HTTP, and the socket stays open: %s", async (_what, text, more, code) => {
    const client = new RawClient(wsUrl());
    await client.connect(
      as(),
      { id: "1", type: "subscribe", payload: { ...more, query: text } },
      subscribe("2", query),
    );
    await until(() => client.of("error", "1").length === 1);
    expect(client.of("error", "1")[0]?.payload).toMatchObject([{ extensions: { code } }]);
    const payload = { ...more, query: text ?? null };
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...as() },
      body: JSON.stringify(payload),
    });
    const overHttp = (await response.json()) as { errors: { extensions: { code: string } }[] };
    // Over HTTP a valid subscription is refused because it is one.
    expect([code, "BAD_REQUEST"]).toContain(overHttp.errors[0]?.extensions.code);
    log.append(order(1));
    await until(() => numbers(client, "2").length === 1);
    expect(client.of("next", "1")).toEqual([]);
  });

  it("attack 60: of a client limited to known documents must be one of them, by its id or its text", async () => {
    await gateway.close();
    const manifest = readManifest(JSON.stringify({ [hashOf(known)]: known }));
    gateway = await start(
      {},
      { documents: new Documents({ anonymous: "open", api_key: "ids", session: "safelist" }, manifest) },
    );
    const client = new RawClient(wsUrl());
    await client.connect(as(), subscribe("other", query), subscribe("text", known), {
      id: "id",
      type: "subscribe",
      payload: { documentId: `sha256:${hashOf(known)}` },
    });
    await until(() => client.of("error", "other").length === 1 && client.of("ping").length >= 2);
    expect(client.of("error", "other")[0]?.payload).toMatchObject([{ extensions: { code: "DOCUMENT_NOT_ALLOWED" } }]);
    log.append(order(1));
    await until(() => numbers(client, "text").length === 1 && numbers(client, "id").length === 1);
  });

  it("that costs too much is refused", async () => {
    await gateway.close();
    gateway = await start({}, { limits: { ...defaultLimits, cost: 1 } });
    const client = new RawClient(wsUrl());
    await client.connect(as(), subscribe("1", query));
    await until(() => client.of("error", "1").length === 1);
    expect(client.of("error", "1")[0]?.payload).toMatchObject([{ extensions: { code: "QUERY_TOO_EXPENSIVE" } }]);
  });
});

describe("permissions", () => {
  it("are those of a new credential from its ping on, and the subscription continues", async () => {
    users.set("new", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const client = new RawClient(wsUrl());
    const text = "subscription { ordered { number by { id secret } } }";
    await client.connect(as(), subscribe("1", text));
    await until(() => client.of("ping").length === 1);
    log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).not.toHaveProperty("errors");
    await client.send({ type: "ping", payload: { authorization: "Bearer new" } });
    await until(() => client.of("pong").length === 1);
    users.delete("ann");
    log.append(order(2));
    await until(() => client.of("next").length === 2);
    expect(client.of("next")[1]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect(numbers(client, "1")).toEqual([1, 2]);
  });

  it("that change apply to the next event", async () => {
    const client = new RawClient(wsUrl());
    await client.connect(as(), subscribe("1", "subscription { ordered { number by { secret } } }"));
    await until(() => client.of("ping").length === 1);
    users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    await until(() => log.begun === 2);
    log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  it("that change while a subscription begins apply to it", async () => {
    let letIn: () => void = () => undefined;
    counting = new Promise((resolve) => (letIn = resolve));
    const client = new RawClient(wsUrl());
    await client.connect(as(), subscribe("1", "subscription { ordered { number by { secret } } }"));
    await until(() => confirmations > 0);
    users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const before = confirmations;
    await until(() => confirmations > before + 3);
    letIn();
    await until(() => client.of("ping").length === 1 && log.begun === 2);
    log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  it("cannot become another user's", async () => {
    users.set("bob", { kind: "user", id: "bob", tenantId: "one", permissions: [] });
    const { client } = await subscribed();
    await client.send({ type: "ping", payload: { authorization: "Bearer bob" } });
    expect(await client.closeCode()).toBe(4403);
  });

  it("are kept while they cannot be checked", async () => {
    const { client } = await subscribed();
    authIsDown = true;
    const late = new RawClient(wsUrl());
    await late.send(init());
    expect(await late.closeCode()).toBe(1013);
    log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    authIsDown = false;
  });
});

describe("a client that does not read", () => {
  const bulky = (number: number) => ({
    data: { ordered: { number, by: { __typename: "Person", id: `p${number}-${"x".repeat(10_000)}` } } },
  });

  it("is closed with a specific code when too many events wait, and resumes after its cursor without a gap", async () => {
    await gateway.close();
    gateway = await start({ onTheWay: 16_384, waitingEvents: 50 });
    const { client, cursor } = await subscribed();
    client.ws.pause();
    const other = await subscribed();
    for (let number = 1; number <= 1_500; number += 1) {
      log.append(bulky(number));
      if (number % 50 === 0) await until(() => numbers(other.client, "1").length === number);
    }
    client.ws.resume();
    await until(() => client.closed !== undefined);
    const received = client.of("next", "1");
    const again = await subscribed({ after: cursorIn(received.at(-1)) ?? cursor });
    await until(() => numbers(client, "1").length + numbers(again.client, "1").length >= 1_500);
    expect([...numbers(client, "1"), ...numbers(again.client, "1")]).toEqual(
      Array.from({ length: 1_500 }, (_, index) => index + 1),
    );
  }, 60_000);

  it("receives only the newest of events that replace each other, and how many were dropped", async () => {
    await gateway.close();
    gateway = await start({ onTheWay: 16_384, waitingEvents: 50 });
    const { client } = await subscribed();
    client.ws.pause();
    const other = await subscribed();
    for (let number = 1; number <= 1_500; number += 1) {
      log.appendEvent({ result: bulky(number), replaces: `order ${number % 2}` });
      if (number % 50 === 0) await until(() => numbers(other.client, "1").length === number);
    }
    client.ws.resume();
    await until(() => numbers(client, "1").includes(1_500));
    const dropped = client
      .of("next", "1")
      .map(({ payload }) => (payload as { extensions: { dropped?: number } }).extensions.dropped ?? 0);
    const received = numbers(client, "1");
    expect(received.length).toBeLessThan(1_500);
    expect(received.slice(-2)).toEqual([1_499, 1_500]);
    expect(received.length + dropped.reduce((sum, each) => sum + each, 0)).toBe(1_500);
    expect(client.closed).toBeUndefined();
  }, 60_000);
});

describe("a gateway that stops", () => {
  it("closes its sockets with 1001, spread over time", async () => {
    await gateway.close();
    gateway = await start({ closingMs: 300 });
    const clients = await Promise.all(Array.from({ length: 10 }, () => subscribed()));
    const codes: number[] = [];
    const at: number[] = [];
    const begun = performance.now();
    for (const { client } of clients)
      client.ws.once("close", (code: number) => {
        codes.push(code);
        at.push(performance.now() - begun);
      });
    await gateway.close();
    await until(() => codes.length === 10);
    expect(new Set(codes)).toEqual(new Set([1001]));
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(150);
    expect(log.following).toBe(0);
    gateway = await start();
  });
});

describe("server-sent events", () => {
  const events = (given: { headers?: Record<string, string>; text?: string; signal?: AbortSignal } = {}) =>
    fetch(`${gateway.url}?query=${encodeURIComponent(given.text ?? query)}`, {
      headers: { accept: "text/event-stream", authorization: "Bearer ann", ...given.headers },
      ...(given.signal ? { signal: given.signal } : {}),
    });
  /** Reads until a text arrives. */
  async function read(response: Response, end: string): Promise<string> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(end)) return text;
    }
    return text;
  }

  it("send each event with its cursor as its id, and resume after Last-Event-ID", async () => {
    const response = await events();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    log.append(order(1));
    const text = await read(response, '"number":1');
    expect(text).toMatch(/^id: \S+\n\nevent: next\nid: \S+\ndata: \{"data":\{"ordered":\{"number":1,/);
    const [cursor] = /(?<=^id: )\S+/m.exec(text) ?? [];
    log.append(order(2));
    const again = await read(await events({ headers: { "last-event-id": cursor ?? "" } }), '"number":2');
    expect(again.match(/"number":\d/g)).toEqual(['"number":1', '"number":2']);
    // With this id, a browser that reconnects again would resume before events that it has received.
    expect(again).not.toContain(`id: ${cursor}\n`);
  });

  it("answer a query once, and send complete", async () => {
    const text = await (await events({ text: "{ order { number } }" })).text();
    expect(text).toBe('event: next\ndata: {"data":{"order":{"number":7}}}\n\nevent: complete\ndata:\n\n');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a query that does not match the schema", { query: "{nope}" }, "GRAPHQL_VALIDATION_FAILED"],
    [
      "a subscription that does not match the schema",
      { query: "subscription { nothing }" },
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["an invalid document", { query: "subscription {" }, "GRAPHQL_PARSE_FAILED"],
    ["no document", {}, "BAD_REQUEST"],
    ["a query that is not a string", { query: 1 }, "BAD_REQUEST"],
    ["an unknown document id", { documentId: hashOf("x") }, "DOCUMENT_UNKNOWN"],
    ["an invalid cursor", { query, extensions: { after: "x" } }, "POSITION_INVALID"],
    ["a request that is too large", { query: `${query} #${"x".repeat(300_000)}` }, "PAYLOAD_TOO_LARGE"],
  ])("case G15: are refused in a stream if the client accepts one: %s", async (_what, body, code) => {
    const headers = { accept: "text/event-stream", "content-type": "application/json", ...as() };
    const response = await fetch(gateway.url, { method: "POST", headers, body: JSON.stringify(body) });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const [, data = ""] = /^event: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(await response.text()) ?? [];
    expect(JSON.parse(data)).toEqual({
      errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) as unknown })],
    });
  });

  it("case G15: are refused by status where no stream is possible: for another method, and for a page of another site", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const response = await fetch(gateway.url, { method, headers: { accept: "text/event-stream", ...as() } });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    }
    expect((await events({ headers: { origin: "https://evil.example" } })).status).toBe(403);
  });

  it("case G15: an invalid credential is refused in the stream, with the headers for it", async () => {
    const response = await events({ headers: { authorization: "Bearer nobody" } });
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([200, "Bearer"]);
    expect(await response.text()).toContain('"code":"UNAUTHENTICATED"');
    authIsDown = true;
    const later = await events();
    expect([later.status, later.headers.get("retry-after")]).toEqual([200, "1"]);
    expect(await later.text()).toContain('"code":"AUTH_UNAVAILABLE"');
  });

  it("end when the credential becomes invalid, and leave nothing behind when the client disconnects", async () => {
    const response = await events();
    users.delete("ann");
    expect(await response.text()).toMatch(/^id: \S+\n\n$/);
    users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const leaving = new AbortController();
    await events({ signal: leaving.signal });
    leaving.abort();
  });

  it("of a client that disconnects while it is identified never begin, and do not count for its user", async () => {
    await gateway.close();
    let identified: () => void = () => undefined;
    const identifying: Promise<IncomingMessage> = new Promise((arrive) => {
      const answered = new Promise<void>((resolve) => (identified = resolve));
      identifies = (request) => {
        arrive(request);
        return answered;
      };
    });
    gateway = await start({ socketsByUser: 1 });
    const leaving = new AbortController();
    const left = events({ signal: leaving.signal }).catch(() => undefined);
    const { socket } = await identifying;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    leaving.abort();
    await Promise.all([left, closed]);
    identifies = async () => undefined;
    identified();
    const next = await events();
    log.append(order(1));
    expect(await read(next, '"number":1')).toContain('"number":1');
  });
});

describe("the metrics of live connections", () => {
  const figures = async (...names: string[]) => {
    const lines = (await metrics.metrics()).split("\n");
    return lines.filter((line) => names.some((name) => new RegExp(`^novacron_gateway_${name}[ {]`).test(line)));
  };

  it("count connections, the reasons why they were closed, events, and deliveries", async () => {
    await gateway.close();
    metrics.resetMetrics();
    gateway = await start({}, { streamObserver: countEvents, connectionObserver: countConnections });
    const [one, two] = [await subscribed(), await subscribed()];
    const leaving = new AbortController();
    const { body } = await fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, {
      headers: { accept: "text/event-stream", ...as() },
      signal: leaving.signal,
    });
    expect(body).not.toBeNull();
    log.append(order(1), order(2));
    await until(() => numbers(one.client, "1").length === 2 && numbers(two.client, "1").length === 2);
    expect(await figures("connections", "subgraph_subscriptions", "events_total", "event_deliveries_total")).toEqual([
      'novacron_gateway_connections{kind="socket"} 2',
      'novacron_gateway_connections{kind="event stream"} 1',
      "novacron_gateway_subgraph_subscriptions 1",
      "novacron_gateway_events_total 2",
      "novacron_gateway_event_deliveries_total 6",
    ]);
    leaving.abort();
    one.client.ws.terminate();
    await two.client.send("nonsense");
    await until(() => two.client.closed !== undefined);
    const closed = [
      'novacron_gateway_connections_closed_total{kind="event stream",reason="gone"} 1',
      'novacron_gateway_connections_closed_total{kind="socket",reason="badRequest"} 1',
      'novacron_gateway_connections_closed_total{kind="socket",reason="gone"} 1',
    ];
    await expect
      .poll(async () => (await figures("connections_closed_total")).toSorted(), { timeout: 15_000 })
      .toEqual(closed);
    expect(await figures("connections")).toEqual([
      'novacron_gateway_connections{kind="socket"} 0',
      'novacron_gateway_connections{kind="event stream"} 0',
    ]);
  });
});
