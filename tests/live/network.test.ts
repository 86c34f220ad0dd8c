import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import fc from "fast-check";
import { buildSchema, type ExecutionResult, parse } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startGateway } from "#gateway/http/server.ts";
import { Inbox } from "#gateway/subscriptions/network/inbox.ts";
import { type NetworkLimits, networkLimits } from "#gateway/subscriptions/network/limits.ts";
import { type NetworkSource, overNetwork } from "#gateway/subscriptions/network/over-network.ts";
import { PublicError } from "#lib/errors.ts";
import { serveApart } from "#gateway/serve-apart.ts";
import type { Keyring } from "#lib/keyring.ts";
import { anonymous, type RequestContext } from "#lib/request-context.ts";
import { type SignedExtensions, signSubscription } from "#lib/signed-subscription.ts";
import { listenSubgraph, type RunningServer } from "#lib/subgraph-server.ts";
import type { SubgraphSocketLimits } from "#lib/subgraph-socket-limits.ts";
import type { Subscribable, SubscriptionEvent } from "#lib/subscription.ts";
import { hung } from "#tests/harness/network-faults.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { InMemoryLog } from "./in-memory-source.ts";

const keys: Keyring = [
  { id: "new", secret: "the newest key of both sides, of a test" },
  { id: "old", secret: "the key that was the newest before it" },
];
const context = (): RequestContext => ({
  identity: {
    kind: "user",
    id: "ann",
    tenantId: "00000000-0000-4000-8000-000000000001",
    permissions: ["order:read"],
  },
  requestId: "request",
  deadline: Date.now() + 10_000,
});
const request = { query: "subscription { ordered { number } }", variables: { shop: "one" } };
const order = (number: number): ExecutionResult => ({ data: { ordered: { number } } });
const numberOf = ({ result }: SubscriptionEvent): number[] =>
  result ? [(result.data as { ordered: { number: number } }).ordered.number] : [];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** What ends when the test does. */
const ends: (() => unknown)[] = [];
let log: InMemoryLog;
/** What the subgraph was asked. */
let asked: { after: string | undefined; variables: unknown; context: RequestContext }[];
let failsWith: Error | undefined;

const subscriptions: Subscribable = {
  subscribe: (asks, asker, signal) => {
    asked.push({ after: asks.after, variables: asks.variables, context: asker });
    if (failsWith) throw failsWith;
    return log.follow(asks.after, signal);
  },
  position: async () => String(log.events.length),
};

async function serve(given: Partial<SubgraphSocketLimits> = {}, port = 0): Promise<RunningServer> {
  const subgraph = { name: "orders", schema: buildSchema("type Query { a: Int }"), execute: async () => ({}) };
  const server = await listenSubgraph({ ...subgraph, subscriptions }, keys, "127.0.0.1", port, async () => true, given);
  ends.push(() => server.close());
  return server;
}

const quick: Partial<NetworkLimits> = { shortestBackOffMs: 2, longestBackOffMs: 20, idleMs: 20 };

function sourceTo(url: string, given: Partial<NetworkLimits> = {}, { foreign = false } = {}): NetworkSource {
  const source = overNetwork({ orders: url }, foreign ? undefined : keys, { ...quick, ...given });
  ends.push(() => source.close());
  return source;
}

/** Follows until it is told to end, and remembers what it is told. */
class Reader {
  readonly batches: (readonly SubscriptionEvent[])[] = [];
  readonly ending = new AbortController();
  readonly ended: Promise<unknown>;

  constructor(source: NetworkSource, after?: string) {
    this.ended = this.#read(source, after).catch((error: unknown) => error);
    ends.push(() => this.ending.abort());
  }

  get events(): SubscriptionEvent[] {
    return this.batches.flat();
  }

  get numbers(): number[] {
    return this.events.flatMap(numberOf);
  }

  async has(count: number): Promise<void> {
    await vi.waitUntil(() => this.numbers.length >= count, { timeout: 10_000, interval: 2 });
  }

  async #read(source: NetworkSource, after: string | undefined): Promise<void> {
    for await (const batch of source.subscribe("orders", { ...request, after }, context(), this.ending.signal))
      this.batches.push(batch);
  }
}

let server: RunningServer;
let network: TcpProxy;

beforeEach(async () => {
  log = new InMemoryLog();
  asked = [];
  failsWith = undefined;
  server = await serve();
  network = await tcpProxy(server.url);
  ends.push(() => network.cut());
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

describe("a subgraph that is followed over the network", () => {
  it("tells all of its events in order, and all that came in one tick in one batch", async () => {
    const reader = new Reader(sourceTo(network.url));
    await vi.waitUntil(() => log.following === 1);
    log.append(...upTo(20).map(order));
    await reader.has(20);
    log.appendEvent({ result: order(21), dropped: 3, replaces: "vm 1" });
    log.appendEvent({});
    await vi.waitUntil(() => reader.events.at(-1)?.position === "22");
    expect(reader.numbers).toEqual(upTo(21));
    expect(reader.batches.some(({ length }) => length > 1)).toBe(true);
    expect(reader.events[0]).toEqual({ position: "0" });
    expect(reader.events.at(-2)).toEqual({ position: "21", result: order(21), dropped: 3, replaces: "vm 1" });
    expect(reader.events.at(-1)).toEqual({ position: "22" });
    expect(asked[0]?.variables).toEqual({ shop: "one" });
    expect(asked[0]?.context.identity).toEqual(context().identity);
  });

  it("is followed over one connection by all, which there is while somebody follows it", async () => {
    const source = sourceTo(network.url);
    expect(network.accepted()).toBe(0);
    const readers = [new Reader(source, "0"), new Reader(source, "0"), new Reader(source, "0")];
    log.append(order(1));
    await Promise.all(readers.map((reader) => reader.has(1)));
    expect([network.accepted(), network.open()]).toEqual([1, 1]);
    for (const reader of readers) reader.ending.abort();
    await Promise.all(readers.map(({ ended }) => ended));
    await vi.waitUntil(() => network.open() === 0 && log.following === 0);
  });

  it("says where it stands", async () => {
    const source = sourceTo(network.url);
    expect(await source.position("orders", context(), new AbortController().signal)).toBe("0");
    log.append(order(1), order(2));
    expect(await source.position("orders", context(), new AbortController().signal)).toBe("2");
    await network.cut();
    await expect(source.position("orders", context(), new AbortController().signal)).rejects.toMatchObject({
      kind: "unreachable",
    });
  });

  it("says in time that it does not say where it stands", async () => {
    network.fault = hung;
    const source = sourceTo(network.url, { positionMs: 50 });
    const asking = source.position("orders", context(), new AbortController().signal);
    await expect(asking).rejects.toMatchObject({ kind: "timed out" });
  });

  it("loses nothing and repeats nothing over connections that are cut anywhere", { timeout: 60_000 }, async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ write: fc.integer({ min: 1, max: 50 }) }),
        fc.record({ cut: fc.integer({ min: 1, max: 3_000 }) }),
      ),
      {
        minLength: 4,
        maxLength: 16,
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        log = new InMemoryLog();
        network.fault = {};
        const reader = new Reader(sourceTo(network.url), "0");
        await vi.waitUntil(() => log.following === 1, { interval: 2 });
        let written = 0;
        for (const step of all) {
          if ("write" in step) {
            log.append(...upTo(step.write).map((number) => order(written + number)));
            written += step.write;
          } else {
            // One after the other breaks after so many bytes; the last one lives.
            let left = step.cut;
            network.fault = {
              toClient: (chunk, client, pass) => {
                if (left <= 0) return pass(chunk);
                left -= chunk.length;
                pass(chunk.subarray(0, Math.max(0, chunk.length + Math.min(0, left))));
                if (left <= 0) client.resetAndDestroy();
              },
            };
          }
          await new Promise(setImmediate);
        }
        await reader.has(written);
        reader.ending.abort();
        await reader.ended;
        expect(reader.numbers).toEqual(upTo(written));
      }),
      { numRuns: 40 },
    );
  });

  it("goes on where it was when its process was started anew", async () => {
    const reader = new Reader(sourceTo(server.url));
    await vi.waitUntil(() => log.following === 1);
    log.append(order(1), order(2));
    await reader.has(2);
    await server.close();
    expect(log.following).toBe(0);
    log.append(order(3));
    await serve({}, Number(new URL(server.url).port));
    await reader.has(3);
    log.append(order(4));
    await reader.has(4);
    expect(reader.numbers).toEqual(upTo(4));
    expect(asked.map(({ after }) => after)).toEqual(["0", "2"]);
  });

  it("is looked for again when its connection goes silent", async () => {
    const reader = new Reader(sourceTo(network.url, { pingMs: 20 }));
    await vi.waitUntil(() => log.following === 1);
    log.append(order(1));
    await reader.has(1);
    let silent: unknown;
    network.fault = {
      toClient: (chunk, client, pass) => {
        silent ??= client;
        if (client !== silent) pass(chunk);
      },
    };
    log.append(order(2));
    await reader.has(2);
    expect(reader.numbers).toEqual([1, 2]);
  });

  it("is resumed at its new address", async () => {
    const source = sourceTo(network.url);
    const reader = new Reader(source);
    await vi.waitUntil(() => log.following === 1);
    log.append(order(1));
    await reader.has(1);
    source.readdress({ orders: server.url });
    log.append(order(2));
    await reader.has(2);
    await vi.waitUntil(() => network.open() === 0);
    source.readdress({});
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
    expect(reader.numbers).toEqual([1, 2]);
  });

  it("is given up when it cannot be reached so many times in a row", async () => {
    const reader = new Reader(sourceTo(network.url, { attempts: 4 }));
    await vi.waitUntil(() => log.following === 1);
    await network.cut();
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
  });

  it("says why it refuses, with code and details, and of its own failures nothing", async () => {
    const source = sourceTo(network.url);
    failsWith = new PublicError("POSITION_EXPIRED", "Too long ago.", { oldest: "7" });
    const told = await new Reader(source, "0").ended;
    expect(told).toBeInstanceOf(PublicError);
    expect(told).toMatchObject({ code: "POSITION_EXPIRED", message: "Too long ago.", details: { oldest: "7" } });
    failsWith = new Error("the password is 1234");
    const failed = await new Reader(source, "0").ended;
    expect(failed).toMatchObject({ kind: "unusable" });
    expect(String(failed)).not.toContain("1234");
    expect(log.following).toBe(0);
  });

  it("ends at the signal, wherever it is, and leaves nothing open", async () => {
    const source = sourceTo(network.url, { longestBackOffMs: 60_000, shortestBackOffMs: 60_000 });
    const { signal } = new AbortController();
    const before = new Reader(source);
    before.ending.abort();
    await before.ended;
    expect(network.accepted()).toBe(0);

    const waiting = new Reader(source);
    await vi.waitUntil(() => log.following === 1);
    const listening = vi.spyOn(waiting.ending.signal, "addEventListener");
    const leaving = vi.spyOn(waiting.ending.signal, "removeEventListener");
    log.append(order(1));
    await waiting.has(1);
    waiting.ending.abort();
    await waiting.ended;
    // Of the listener that was there before, too, one is removed.
    expect(leaving.mock.calls.length).toBe(listening.mock.calls.length + 1);
    await vi.waitUntil(() => log.following === 0 && network.open() === 0);

    const broken = new Reader(source);
    await vi.waitUntil(() => log.following === 1);
    await network.cut();
    await vi.waitUntil(() => log.following === 0);
    broken.ending.abort();
    await broken.ended;
    expect(signal.aborted).toBe(false);
  });
});

describe("what is between a subgraph and whoever follows it", () => {
  it("hands out together what came in one tick, one message after the other", async () => {
    const inbox = new Inbox(networkLimits, () => undefined);
    const taking = inbox.take(new AbortController().signal);
    inbox.next(order(1), 10);
    await Promise.resolve();
    process.nextTick(() => inbox.next(order(2), 10));
    expect((await taking).flatMap(numberOf)).toEqual([1, 2]);
  });

  it("is bounded: who does not take what comes is told it when he does", async () => {
    const source = sourceTo(network.url, { waitingEvents: 10 });
    const events = source.subscribe("orders", { ...request, after: "0" }, context(), new AbortController().signal);
    const iterator = events[Symbol.asyncIterator]();
    log.append(order(1));
    const numbers = (await iterator.next()).value.flatMap(numberOf) as number[];
    log.append(...upTo(500).map((number) => order(number + 1)));
    await vi.waitUntil(() => log.following === 0);
    while (numbers.length < 501) {
      const { value } = (await iterator.next()) as { value: readonly SubscriptionEvent[] };
      expect(value.length).toBeLessThanOrEqual(10);
      numbers.push(...value.flatMap(numberOf));
    }
    expect(numbers).toEqual(upTo(501));
    await iterator.return?.();
  });

  it("is bounded where a gateway does not read: the subgraph asks its log for no more until it does", async () => {
    const slow = await serve({ bufferedBytes: 100_000 });
    let taken = 0;
    const big = "x".repeat(10_000);
    vi.spyOn(log, "follow").mockImplementation(async function* () {
      for (taken = 1; taken <= 5_000; taken += 1)
        yield [{ position: String(taken), result: { data: { ordered: { number: taken, big } } } }];
    });
    const socket = new RawSocket(slow.url);
    await socket.say({ type: "connection_init" });
    await vi.waitUntil(() => socket.heard.length === 1);
    socket.ws.pause();
    await socket.say({ id: "1", type: "subscribe", payload: { ...request, extensions: signed() } });
    // As much as the system's own buffers take, and no more: it stands still.
    let before = -1;
    await vi.waitUntil(
      () => {
        const stands = taken > 0 && taken === before;
        before = taken;
        return stands;
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(taken).toBeLessThan(2_500);
    socket.ws.resume();
    await vi.waitUntil(() => socket.heard.at(-1)?.type === "complete", { timeout: 20_000 });
    expect(socket.heard.filter(({ type }) => type === "next")).toHaveLength(5_000);
  });
});

interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/** A client that says what it is told to, and remembers what it hears. */
class RawSocket {
  readonly heard: Message[] = [];
  closed: number | undefined;
  status: number | undefined;
  readonly ws: WebSocket;

  constructor(url: string, { origin, protocol = "graphql-transport-ws" }: { origin?: string; protocol?: string } = {}) {
    this.ws = new WebSocket(url.replace("http:", "ws:"), protocol, origin === undefined ? {} : { origin });
    this.ws.on("message", (data) => this.heard.push(JSON.parse(String(data)) as Message));
    this.ws.on("unexpected-response", (_request, { statusCode }) => {
      this.status = statusCode;
      this.ws.terminate();
    });
    this.ws.on("error", () => undefined);
    this.ws.on("close", (code) => (this.closed = code));
    ends.push(() => this.ws.terminate());
  }

  async say(...messages: (Message | string)[]): Promise<void> {
    if (this.ws.readyState === WebSocket.CONNECTING) await once(this.ws, "open");
    for (const message of messages) this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async isClosed(): Promise<number | undefined> {
    await vi.waitUntil(() => this.closed !== undefined, { timeout: 5_000 });
    return this.closed;
  }
}

const signed = (other: { audience?: string; keys?: Keyring; after?: string } = {}): Record<string, unknown> => {
  const { audience = "orders", keys: ring = keys, after = "0" } = other;
  const extensions: SignedExtensions = signSubscription(
    ring,
    { issuer: "gateway", audience, context: context() },
    { ...request, after },
  );
  return { ...extensions };
};

describe("a subscription that reaches a subgraph", () => {
  const answerTo = async (payload: Record<string, unknown>): Promise<Message | undefined> => {
    const socket = new RawSocket(server.url);
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const subscribe = JSON.stringify({ id: "1", type: "subscribe", payload }).replace('"DEEP"', deep);
    await socket.say({ type: "connection_init" }, subscribe);
    await vi.waitUntil(() => socket.heard.length > 1);
    return socket.heard[1];
  };
  /** More deeply than it can be written by `JSON.stringify`, which is why it is sent as text. */
  const deeplyNested = { toJSON: () => "DEEP" };
  const isRefused = async (extensions: Record<string, unknown> | undefined, other: Record<string, unknown> = {}) => {
    const message = await answerTo({ ...request, extensions, ...other });
    expect(message).toMatchObject({ type: "error", payload: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    expect(asked).toEqual([]);
  };

  it("is taken when it is signed by any key of the ring", async () => {
    log.append(order(1));
    expect(await answerTo({ ...request, extensions: signed() })).toMatchObject({ type: "next" });
    const old = [keys[1] ?? keys[0]] as const;
    expect(await answerTo({ ...request, extensions: signed({ keys: old }) })).toMatchObject({ type: "next" });
  });

  it("is refused when it is not signed, or by another key", async () => {
    await isRefused(undefined);
    await isRefused({});
    await isRefused({ ...signed(), signature: 7 });
    await isRefused(signed({ keys: [{ id: "new", secret: "another secret under the same name, yes" }] }));
    await isRefused(signed({ keys: [{ id: "foreign", secret: "the newest key of both sides, of a test" }] }));
  });

  it("is refused when anything of it was changed on the way", async () => {
    await isRefused(signed(), { query: "subscription { ordered { number price } }" });
    await isRefused(signed(), { variables: { shop: "two" } });
    await isRefused({ ...signed(), after: "1" });
    await isRefused({ ...signed(), after: undefined });
    await isRefused(signed(), { variables: deeplyNested });
  });

  it("is refused when it was meant for another subgraph, or came too late", async () => {
    await isRefused(signed({ audience: "people" }));
    const extensions = signed();
    const later = Date.now() + 16_000;
    vi.spyOn(Date, "now").mockReturnValue(later);
    ends.push(() => vi.restoreAllMocks());
    await isRefused(extensions);
  });
});

describe("the socket of a subgraph", () => {
  it("is for no page of any site, and on one path only", async () => {
    const ofPage = new RawSocket(server.url, { origin: new URL(server.url).origin });
    await ofPage.isClosed();
    expect(ofPage.status).toBe(403);
    const elsewhere = new RawSocket(server.url.replace("/graphql", "/health/live"));
    await elsewhere.isClosed();
    expect(elsewhere.status).toBe(404);
  });

  it.each<[string, (Message | string)[], number]>([
    ["a subscription before the beginning", [{ id: "1", type: "subscribe", payload: request }], 4401],
    ["a second beginning", [{ type: "connection_init" }, { type: "connection_init" }], 4429],
    ["what is no JSON", ["hello"], 4400],
    ["what only a server says", [{ type: "connection_ack" }], 4400],
    ["a frame too large", [" ".repeat(5 * 2 ** 20)], 1009],
  ])("is closed for %s", async (_what, messages, code) => {
    const socket = new RawSocket(server.url);
    await socket.say(...messages);
    expect(await socket.isClosed()).toBe(code);
  });

  it("is closed for an id that there is already, for another protocol, and for silence", async () => {
    const impatient = await serve({ initMs: 50 });
    const silent = new RawSocket(impatient.url);
    const unsigned = new RawSocket(impatient.url);
    await unsigned.say({ type: "connection_init" }, { id: "1", type: "subscribe", payload: request });
    expect(await silent.isClosed()).toBe(4408);
    expect(await unsigned.isClosed()).toBe(4408);
    const foreign = new RawSocket(server.url, { protocol: "graphql-ws" });
    await foreign.isClosed();
    expect(foreign.heard).toEqual([]);
    const twice = new RawSocket(server.url);
    const subscribe = { id: "1", type: "subscribe", payload: { ...request, extensions: signed() } };
    await twice.say({ type: "connection_init" }, subscribe, subscribe);
    expect(await twice.isClosed()).toBe(4409);
  });

  it("has a bounded number of subscriptions, and ends those of a gateway that has gone", async () => {
    const few = await serve({ subscriptions: 1 });
    const socket = new RawSocket(few.url);
    const subscribe = (id: string) => ({ id, type: "subscribe", payload: { ...request, extensions: signed() } });
    await socket.say({ type: "connection_init" }, subscribe("1"), subscribe("2"));
    await vi.waitUntil(() => socket.heard.length === 2);
    expect(socket.heard[1]).toMatchObject({
      id: "2",
      type: "error",
      payload: [{ extensions: { code: "OVERLOADED" } }],
    });
    expect(log.following).toBe(1);
    socket.ws.terminate();
    await vi.waitUntil(() => log.following === 0);
  });

  it("is closed when nobody is there who answers pings", async () => {
    const watching = await tcpProxy((await serve({ pingMs: 150 })).url);
    ends.push(() => watching.cut());
    const socket = new RawSocket(watching.url);
    await socket.say(
      { type: "connection_init" },
      { id: "1", type: "subscribe", payload: { ...request, extensions: signed() } },
    );
    await vi.waitUntil(() => log.following === 1);
    watching.fault = { toServer: () => undefined };
    await vi.waitUntil(() => log.following === 0);
    expect(await socket.isClosed()).toBe(1006);
  });

  it("is told that the subgraph goes away", async () => {
    const socket = new RawSocket(server.url);
    await socket.say({ type: "connection_init" });
    await vi.waitUntil(() => socket.heard.length === 1);
    await server.close();
    expect(await socket.isClosed()).toBe(1001);
  });
});

describe("a foreign subgraph that speaks graphql-ws", () => {
  const typeDefs = "type Query { order: Order } type Subscription { ordered: Order } type Order { number: Int! }";
  let foreign: Server;
  let url: string;
  let numbers: number[];
  let tellsPositions: boolean;
  let goOn: () => void;
  let hold: Promise<void>;

  beforeEach(async () => {
    numbers = [1, 2];
    tellsPositions = false;
    hold = new Promise((resolve) => (goOn = resolve));
    foreign = createServer();
    const sockets = new WebSocketServer({ server: foreign, path: "/graphql" });
    const schema = buildSchema(typeDefs);
    async function* ordered(_arguments: unknown, after: number) {
      for (const number of numbers.slice(after)) yield { ordered: { number } };
      await hold;
    }
    const running = useServer(
      {
        schema,
        roots: { subscription: { ordered } },
        context: (_connection, _id, { extensions }) => Number(extensions?.["after"] ?? 0),
        onNext: (_connection, _id, _payload, _execution, result) =>
          tellsPositions
            ? { ...result, extensions: { position: String(numberOf({ result })[0]), cost: 1 } }
            : undefined,
      },
      sockets,
    );
    foreign.listen(0, "127.0.0.1");
    await once(foreign, "listening");
    url = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/graphql`;
    ends.push(async () => {
      goOn();
      await running.dispose();
      foreign.close();
    });
  });

  const clientOf = (gatewayUrl: string): Client => {
    const wsUrl = gatewayUrl.replace("http:", "ws:");
    const client = createClient({ url: wsUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    ends.push(() => client.dispose());
    return client;
  };

  it("is followed through the gateway, without positions, until it ends the subscription", async () => {
    const { supergraphSdl = "" } = composeServices([{ name: "orders", typeDefs: parse(typeDefs), url }]);
    const gateway = await startGateway({
      supergraphSdl,
      subscriptions: overNetwork({ orders: url }, undefined, quick),
      transport: { send: async () => ({ data: {} }), close: async () => undefined },
      anonymousSockets: true,
      introspection: true,
      planning: "this thread",
      identify: async () => anonymous,
      ready: async () => true,
      socketLimits: { closingMs: 50 },
      host: "127.0.0.1",
      port: 0,
    });
    ends.push(() => gateway.close());
    const client = clientOf(gateway.url);
    const told: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query: "subscription { ordered { number } }" })) {
      expect(errors).toBeUndefined();
      told.push(data);
      if (told.length === 2) goOn();
    }
    expect(told).toEqual([{ ordered: { number: 1 } }, { ordered: { number: 2 } }]);
  });

  it("is followed by a gateway apart, and where it is when the supergraph says that it has moved", async () => {
    tellsPositions = true;
    const [first, second] = [await tcpProxy(url), await tcpProxy(url)];
    ends.push(() => Promise.all([first.cut(), second.cut()]));
    const folder = mkdtempSync(join(tmpdir(), "novacron-network-"));
    ends.push(() => rmSync(folder, { recursive: true }));
    const supergraphFile = join(folder, "supergraph.graphql");
    const place = (at: string) => {
      const { supergraphSdl = "" } = composeServices([{ name: "orders", typeDefs: parse(typeDefs), url: at }]);
      writeFileSync(supergraphFile, supergraphSdl);
    };
    place(first.url);
    const gateway = await serveApart({ supergraphFile, urls: {}, open: true, host: "127.0.0.1", port: 0 });
    ends.push(() => gateway.stop());
    const client = clientOf(gateway.url);
    const told: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query: "subscription { ordered { number } }" })) {
      expect(errors).toBeUndefined();
      told.push(data?.["ordered"]);
      if (told.length === 2) {
        numbers.push(3);
        place(second.url);
      }
      if (told.length === 3) goOn();
    }
    expect(told).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect([first.open(), second.accepted()]).toEqual([0, 1]);
  });

  it("ends with its connection, because nobody can tell what was missed", async () => {
    const cut = await tcpProxy(url);
    const source = sourceTo(cut.url, {}, { foreign: true });
    const reader = new Reader(source);
    await reader.has(2);
    expect(await source.position("orders", context(), new AbortController().signal)).toBeUndefined();
    await cut.cut();
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
  });

  it("is resumed when it tells positions, in the way of ours", async () => {
    tellsPositions = true;
    const cut = await tcpProxy(url);
    ends.push(() => cut.cut());
    const reader = new Reader(sourceTo(cut.url, {}, { foreign: true }));
    await reader.has(2);
    numbers.push(3);
    await cut.cut();
    await cut.mend();
    await reader.has(3);
    expect(reader.numbers).toEqual([1, 2, 3]);
    expect(reader.events[0]).toEqual({ position: "1", result: { ...order(1), extensions: { cost: 1 } } });
  });

  it("that tells more than is taken ends it", async () => {
    numbers = upTo(100);
    const source = sourceTo(url, { waitingEvents: 10 }, { foreign: true });
    const reader = new Reader(source);
    expect(await reader.ended).toMatchObject({ kind: "overloaded" });
  });
});
