import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { type GatewayServer, startGateway } from "#gateway/http/server.ts";
import { InMemoryLog, sourceOf } from "../in-memory-source.ts";
import { compose, order, orders, peopleTransport } from "../orders.ts";
import { until } from "../until.ts";

const mebibyte = 1024 * 1024;
const [rounds, connections] = [20, 100];
/** In characters, for a client that does not read. */
const [unread, events] = [100_000_000, 1_000];
const query = "subscription { ordered { number by { name } } }";
/** Needs no other subgraph, whose data would be merged into the events that the log keeps. */
const bulky = "subscription { ordered { by { id } } }";

let log: InMemoryLog;
let gateway: GatewayServer;
beforeEach(async () => {
  log = new InMemoryLog();
  gateway = await startGateway({
    supergraphSdl: compose(orders),
    subscriptions: sourceOf({ orders: log }),
    transport: peopleTransport(),
    introspection: true,
    planning: "this thread",
    identify: async ({ headers: { authorization = "" } }) => ({
      kind: "user",
      id: authorization,
      tenantId: "one",
      permissions: [],
    }),
    ready: async () => true,
    host: "127.0.0.1",
    port: 0,
  });
});
afterEach(() => gateway.close());

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/**
 * Returns how many bytes the process holds after garbage collection. V8 frees the memory behind buffers after the collection that found them unreachable, and
 * counts it as free in a later one. It may need another collection for the objects that held them. A busy machine has counted 12 MiB of garbage after one
 * collection. So this collects until three collections in a row free nothing.
 */
async function held(): Promise<number> {
  let least = Infinity;
  for (let unchanged = 0; unchanged < 3; unchanged += 1) {
    collectGarbage();
    // Runs the tasks that a collection has scheduled.
    await setImmediate();
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external < least - mebibyte / 16) unchanged = -1;
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** Connects a client of a new user and subscribes; resolves when it has received the position at which it starts. */
async function subscribed(user: string, more: Record<string, unknown> = {}): Promise<WebSocket> {
  const ws = new WebSocket(gateway.url.replace("http:", "ws:"), "graphql-transport-ws");
  ws.on("error", () => undefined);
  await once(ws, "open");
  ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: user } }));
  await once(ws, "message");
  ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, ...more } }));
  await once(ws, "message");
  return ws;
}

/** The ways in which clients disconnect. */
const ways: ((ws: WebSocket) => void)[] = [
  (ws) => ws.terminate(),
  (ws) => ws.close(),
  (ws) => {
    ws.send('{"id":"1","type":"complete"}');
    ws.close();
  },
  (ws) => {
    ws.send(JSON.stringify({ id: "2", type: "subscribe", payload: { query } }));
    ws.terminate();
  },
];

/** Connects clients, sends an event to each, and disconnects them. */
async function round(number: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: connections }, (_, index) => subscribed(`user ${number} ${index}`)),
  );
  const messages = clients.map((ws) => once(ws, "message"));
  log.append(order(number));
  await Promise.all(messages);
  const gone = clients.map((ws) => once(ws, "close"));
  for (const [index, ws] of clients.entries()) ways[index % ways.length]?.(ws);
  await Promise.all(gone);
}

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

describe("a gateway to which clients connect and disconnect", { timeout: 120_000 }, () => {
  it("keeps nothing of them, however they disconnect", async () => {
    await round(0);
    await vi.waitUntil(() => openSockets() === 0, { timeout: 15_000, interval: 20 });
    const after: number[] = [];
    for (let number = 1; number <= rounds; number += 1) {
      await round(number);
      await vi.waitUntil(() => openSockets() === 0, { timeout: 15_000, interval: 20 });
      after.push(await held());
    }
    // The shared subscription lingers for clients that reconnect.
    expect(log.following).toBe(1);
    expect(mean(after.slice(-5)) - mean(after.slice(7, 12))).toBeLessThan(mebibyte);
  });

  it.each([
    ["is disconnected", {}],
    ["receives only the newest event", { replaces: "order" }],
  ])("case G54: keeps no more than its limit for a client that does not read and %s", async (_, more) => {
    const [slow, other] = await Promise.all([
      subscribed("slow", { query: bulky }),
      subscribed("another", { query: bulky }),
    ]);
    let received = 0;
    other.on("message", () => (received += 1));
    const before = await held();
    slow.pause();
    const id = "x".repeat(unread / events);
    for (let number = 1; number <= events; number += 1) {
      log.appendEvent({ result: { data: { ordered: { number, by: { __typename: "Person", id } } } }, ...more });
      if (number % 10 === 0) await until(() => received >= number);
    }
    expect((await held()) - before).toBeLessThan(16 * mebibyte);
    const gone = Promise.all([slow, other].map((ws) => once(ws, "close")));
    for (const ws of [slow, other]) ws.resume();
    for (const ws of [slow, other]) ws.terminate();
    await gone;
  });
});
