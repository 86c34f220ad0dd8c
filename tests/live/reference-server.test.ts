import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { PublicError } from "#lib/errors.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { InMemoryLog, sourceOf } from "./in-memory-source.ts";
import { compose, orders, peopleTransport } from "./orders.ts";
import { type Message, RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

/** The schema that both servers serve. */
const schema = orders.replace("by: Person", "").replace(/type Person.*\n?/, "");
const initMs = 150;
const ends: (() => unknown)[] = [];
let reference: string;
let gateway: GatewayServer;

beforeAll(async () => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: "/graphql" });
  const forever = async function* () {
    await new Promise(() => undefined);
    yield {};
  };
  const roots = { query: { order: { number: 7 } }, subscription: { ordered: forever } };
  useServer({ schema: buildSchema(schema), roots, connectionInitWaitTimeout: initMs }, sockets);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  reference = `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`;
  gateway = await startGateway({
    supergraphSdl: compose(orders),
    subscriptions: sourceOf({ orders: new InMemoryLog() }),
    transport: peopleTransport(),
    introspection: true,
    planning: "this thread",
    anonymousSockets: true,
    identify: async ({ headers: { authorization } }) => {
      if (authorization === undefined || authorization === "Bearer token") return anonymous;
      throw new PublicError("UNAUTHENTICATED", "No.");
    },
    redeem: async () => anonymous,
    ready: async () => true,
    socketLimits: { initMs, closingMs: 10 },
    host: "127.0.0.1",
    port: 0,
  });
  ends.push(
    () => gateway.close(),
    () => {
      for (const ws of sockets.clients) ws.terminate();
      http.close();
    },
  );
});
afterAll(async () => {
  for (const end of ends) await end();
});

const init: Message = { type: "connection_init" };
const query = "{ order { number } }";
const forever = "subscription { ordered { number } }";
const complete = (id: string): Message => ({ id, type: "complete" });
/** The pong to this ping arrives after the responses to all earlier messages. */
const last: Message = { type: "ping", payload: { last: true } };

/**
 * Returns what a server answers to these messages: types, ids and payloads, and how it closes. The gateway's pings have cursors, and its errors have a code.
 * So pings are left out, and of errors only their presence is compared.
 */
async function answersTo(url: string, messages: readonly (Message | string)[], protocol?: string): Promise<unknown[]> {
  const client = new RawClient(url, protocol);
  const opened = new Promise((resolve) => client.ws.once("open", resolve));
  await Promise.race([opened, until(() => client.closed !== undefined)]);
  for (const message of messages) {
    if (client.ws.readyState !== WebSocket.OPEN) break;
    await client.send(message);
    // An operation may begin once the connection is acknowledged, and its response may take a moment.
    if (typeof message !== "string" && message.type === "connection_init")
      await until(() => client.closed !== undefined || client.of("connection_ack").length > 0);
    if (typeof message !== "string" && message.type === "subscribe" && isOver(message))
      await until(
        () =>
          client.closed !== undefined || ["complete", "error"].some((type) => client.of(type, message.id).length > 0),
      );
  }
  await until(() => client.closed !== undefined || client.of("pong").some(({ payload }) => isLast(payload)));
  const received = client.received
    .filter(({ type }) => type !== "ping")
    .map((message) => (message.type === "error" ? { ...message, payload: "errors" } : message));
  return [...received, client.closed];
}
const isLast = (payload: unknown) => (payload as { last?: boolean } | undefined)?.last === true;
const isOver = ({ payload }: Message) => !String((payload as { query?: unknown }).query).includes("ordered");

const malformed = [
  "nonsense",
  "",
  "null",
  "1",
  '"ping"',
  "[]",
  "{}",
  '{"type":1}',
  '{"type":""}',
  '{"type":"start"}',
  '{"type":"connection_init","payload":"x"}',
  '{"type":"connection_init","payload":[]}',
  '{"type":"ping","payload":1}',
  '{"type":"pong","payload":[]}',
  '{"type":"subscribe","payload":{"query":"{a}"}}',
  '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
  '{"type":"subscribe","id":1,"payload":{"query":"{a}"}}',
  '{"type":"subscribe","id":"1"}',
  '{"type":"subscribe","id":"1","payload":"{a}"}',
  '{"type":"subscribe","id":"1","payload":["{a}"]}',
  '{"type":"subscribe","id":"1","payload":{"query":1}}',
  '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"x"}}',
  '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
  '{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}',
  '{"type":"subscribe","id":"1","payload":{"query":"{a}","extensions":[]}}',
  '{"type":"complete"}',
  '{"type":"complete","id":""}',
  '{"type":"complete","id":{}}',
];

describe("case G19: the gateway and the reference implementation of graphql-transport-ws answer alike", () => {
  it.each<[string, readonly (Message | string)[], string?]>([
    [
      "a ping before the connection is acknowledged",
      [{ type: "ping" }, { type: "ping", payload: { a: 1 } }, init, last],
    ],
    [
      "pings with payloads",
      [
        init,
        { type: "ping", payload: {} },
        { type: "ping", payload: { a: [1, { b: null }] } },
        { type: "ping", payload: null },
        last,
      ],
    ],
    ["an unsolicited pong", [{ type: "pong" }, init, { type: "pong", payload: { a: 1 } }, last]],
    ["no connection_init", []],
    ["a second connection_init", [init, init]],
    ["an operation before connection_init", [subscribe("1", query)]],
    ["an id that is in use", [init, subscribe("1", forever), subscribe("1", query)]],
    [
      "an id in use that is longer than a close reason may be",
      [init, subscribe("x".repeat(90), forever), subscribe("x".repeat(90), query)],
    ],
    ["an id that is free again", [init, subscribe("1", query), subscribe("1", query), last]],
    ["an id that its client completed", [init, subscribe("1", forever), complete("1"), subscribe("1", query), last]],
    [
      "completes of unknown operations",
      [complete("1"), init, complete("2"), subscribe("1", query), complete("1"), last],
    ],
    [
      "ids that are names of built-in properties",
      [init, subscribe("__proto__", query), subscribe("constructor", query), last],
    ],
    ["a query", [init, subscribe("1", query), last]],
    [
      "a query with null members",
      [init, subscribe("1", query, { operationName: null, variables: null, extensions: null }), last],
    ],
    ["members that the protocol does not define", [{ ...init, more: 1 } as Message, { ...last, more: 1 } as Message]],
    [
      "one of several operations",
      [
        init,
        subscribe("1", `query A { order { number __typename } } query B { order { number } }`, { operationName: "B" }),
        last,
      ],
    ],
    ["several operations without an operation name", [init, subscribe("1", `query A ${query} query B ${query}`), last]],
    ["an unknown operation name", [init, subscribe("1", `query A ${query}`, { operationName: "B" }), last]],
    [
      "a document that does not match the schema",
      [init, subscribe("1", "subscription { nothing }"), subscribe("2", query), last],
    ],
    [
      "two root fields in a subscription",
      [init, subscribe("1", "subscription { ordered { number } b: ordered { number } }"), last],
    ],
    ["introspection as a subscription", [init, subscribe("1", "subscription { __typename }"), last]],
    ["another subprotocol", [init, last], "graphql-ws"],
    ["no subprotocol", [init, last], ""],
    ...malformed.map((text): [string, string[]] => [`an invalid message before connection_init: ${text}`, [text]]),
    ...malformed.map((text): [string, (Message | string)[]] => [`an invalid message: ${text}`, [init, text]]),
  ])("%s", async (_what, messages, protocol) => {
    const [theirs, ours] = await Promise.all([reference, gateway.url].map((url) => answersTo(url, messages, protocol)));
    expect(ours).toEqual(theirs);
    expect(JSON.stringify(theirs)).not.toContain("4500");
  });

  it("except where the reference implementation closes the socket with 4500, and the protocol defines an answer", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const conditional = "subscription ($s: Boolean!) { ordered @skip(if: $s) { number } }";
    for (const [message, theirs, ours] of [
      [subscribe("1", "{"), 4500, "error"],
      [subscribe("1", conditional, { variables: { s: true } }), 4500, "error"],
      [{ type: "connection_ack" }, 4500, 4400],
      [{ type: "next", id: "1", payload: {} }, 4500, 4400],
    ] as const) {
      expect((await answersTo(reference, [init, message])).at(-1)).toMatchObject({ code: theirs });
      const answers = await answersTo(gateway.url, [init, message, last]);
      if (ours === "error") expect(answers).toContainEqual({ id: "1", type: "error", payload: "errors" });
      else expect(answers.at(-1)).toMatchObject({ code: ours, reason: "Invalid message received" });
    }
  });
});

describe("case G19: a condition at the root of a subscription", () => {
  const spread = "subscription ($s: Boolean!) { ...F } fragment F on Subscription { ordered @skip(if: $s) { number } }";
  it.each([
    ["subscription ($s: Boolean!) { ordered @skip(if: $s) { number } }", "Anonymous Subscription"],
    ["subscription S($s: Boolean!) { ordered @include(if: $s) { number } }", 'Subscription "S"'],
    ["subscription S { ordered @skip(if: false) { number } }", 'Subscription "S"'],
    ["subscription ($s: Boolean!) { ... @include(if: $s) { ordered { number } } }", "Anonymous Subscription"],
    [spread, "Anonymous Subscription"],
  ])("is refused with the message of the specification's rule: %s", async (text, subject) => {
    const client = new RawClient(gateway.url);
    await client.connect(undefined, subscribe("1", text, { variables: { s: false } }));
    await until(() => client.of("error", "1").length > 0);
    expect(client.of("error", "1")[0]?.payload).toMatchObject([
      {
        message: `${subject} must not use \`@skip\` or \`@include\` directives in the top level selection.`,
        extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
      },
    ]);
  });
});

describe("case G19: a credential in connection_init", () => {
  const authorization = "Bearer token";
  it.each<[string, unknown, "connection_ack" | 4403]>([
    ["a header's name", { Authorization: authorization }, "connection_ack"],
    ["in lower case", { authorization }, "connection_ack"],
    ["Apollo's headers", { headers: { Authorization: authorization } }, "connection_ack"],
    ["headers in lower case", { headers: { authorization, "x-other": 1 } }, "connection_ack"],
    ["Apollo's authToken", { authToken: "token" }, "connection_ack"],
    ["with its scheme", { authToken: authorization }, "connection_ack"],
    ["a ticket", { ticket: "nvt_x" }, "connection_ack"],
    ["none", { headers: {}, client: "x" }, "connection_ack"],
    ["null, before its user has signed in", { headers: { authorization: null }, authToken: null }, "connection_ack"],
    ["a wrong header", { headers: { Authorization: "Bearer other" } }, 4403],
    ["a wrong authToken", { authToken: "other" }, 4403],
    ["a number", { authorization: 1 }, 4403],
    ["an object", { headers: { authorization: {} } }, 4403],
    ["a list", { authToken: ["token"] }, 4403],
  ])("is accepted where clients put it: %s", async (_what, payload, expected) => {
    const client = new RawClient(gateway.url);
    await client.send({ type: "connection_init", payload });
    await until(() => client.closed !== undefined || client.of("connection_ack").length > 0);
    expect(client.closed?.code ?? client.received[0]?.type).toBe(expected);
    if (expected === 4403) expect(client.closed?.reason).toBe("Forbidden");
  });

  it("is not returned in the pong to a ping that contains one", async () => {
    const client = new RawClient(gateway.url);
    await client.connect({ authorization });
    for (const payload of [{ authorization }, { headers: { authorization }, at: 1 }, { authToken: "token", at: 2 }])
      await client.send({ type: "ping", payload });
    await until(() => client.of("pong").length === 3);
    expect(client.of("pong").map(({ payload }) => payload)).toEqual([undefined, { at: 1 }, { at: 2 }]);
  });
});

it("case G19: a client that floods the socket with pings and reads no pong is closed as too slow", async () => {
  const client = new RawClient(gateway.url);
  await client.connect(undefined);
  client.ws.pause();
  const ping = JSON.stringify({ type: "ping", payload: { filling: "x".repeat(200 * 1024) } });
  // The kernel's buffers on both sides hold some of it. The server waits a moment for a client that does not read the close frame.
  for (let sent = 0; client.ws.readyState === WebSocket.OPEN && sent < 10_000; sent += 1) {
    await new Promise<void>((resolve) => client.ws.send(ping, () => resolve()));
    await new Promise(setImmediate);
  }
  expect(client.ws.readyState).not.toBe(WebSocket.OPEN);
  client.ws.resume();
  await until(() => client.closed !== undefined);
  // The connection is reset if the client does not read the close frame either.
  expect([4410, 1006]).toContain(client.closed?.code);
});
