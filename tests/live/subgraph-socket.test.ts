import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "#lib/subgraph/server.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import {
  begin,
  endAll,
  ends,
  keys,
  type Message,
  order,
  RawSocket,
  request,
  serve,
  signed,
  subgraph,
} from "./followed-subgraph.ts";

let server: RunningServer;

beforeEach(async () => {
  begin();
  server = await serve();
});
afterEach(endAll);

describe("a subscription that a subgraph receives", () => {
  const answerTo = async (payload: Record<string, unknown>): Promise<Message | undefined> => {
    const socket = new RawSocket(server.url);
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const subscribe = JSON.stringify({ id: "1", type: "subscribe", payload }).replace('"DEEP"', deep);
    await socket.send({ type: "connection_init" }, subscribe);
    await vi.waitUntil(() => socket.received.length > 1);
    return socket.received[1];
  };
  /** Nested too deeply for `JSON.stringify`, so it is sent as text. */
  const deeplyNested = { toJSON: () => "DEEP" };
  const isRefused = async (extensions: Record<string, unknown> | undefined, other: Record<string, unknown> = {}) => {
    const message = await answerTo({ ...request, extensions, ...other });
    expect(message).toMatchObject({ type: "error", payload: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    expect(subgraph.requests).toEqual([]);
  };

  it("is accepted when any key of the keyring signed it", async () => {
    subgraph.log.append(order(1));
    expect(await answerTo({ ...request, extensions: signed() })).toMatchObject({ type: "next" });
    const old = [keys[1] ?? keys[0]] as const;
    expect(await answerTo({ ...request, extensions: signed({ keys: old }) })).toMatchObject({ type: "next" });
  });

  it("is refused when it is unsigned, or signed by another key", async () => {
    await isRefused(undefined);
    await isRefused({});
    await isRefused({ ...signed(), signature: 7 });
    await isRefused(signed({ keys: [{ id: "new", secret: "another secret under the same name, yes" }] }));
    await isRefused(signed({ keys: [{ id: "foreign", secret: "the newest key of both sides, of a test" }] }));
  });

  it("is refused when any part of it has changed on the way", async () => {
    await isRefused(signed(), { query: "subscription { ordered { number price } }" });
    await isRefused(signed(), { variables: { shop: "two" } });
    await isRefused({ ...signed(), after: "1" });
    await isRefused({ ...signed(), after: undefined });
    await isRefused(signed(), { variables: deeplyNested });
  });

  it("is refused when it was signed for another subgraph, or arrives too late", async () => {
    await isRefused(signed({ audience: "people" }));
    const extensions = signed();
    const later = Date.now() + 16_000;
    vi.spyOn(Date, "now").mockReturnValue(later);
    ends.push(() => vi.restoreAllMocks());
    await isRefused(extensions);
  });
});

describe("the socket of a subgraph", () => {
  it("is refused to pages of every site, and exists on one path only", async () => {
    const ofPage = new RawSocket(server.url, { origin: new URL(server.url).origin });
    await ofPage.isClosed();
    expect(ofPage.status).toBe(403);
    const elsewhere = new RawSocket(server.url.replace("/graphql", "/health/live"));
    await elsewhere.isClosed();
    expect(elsewhere.status).toBe(404);
  });

  it.each<[string, (Message | string)[], number]>([
    ["a subscription before connection_init", [{ id: "1", type: "subscribe", payload: request }], 4401],
    ["a second connection_init", [{ type: "connection_init" }, { type: "connection_init" }], 4429],
    ["a message that is not JSON", ["hello"], 4400],
    ["a message that only a server may send", [{ type: "connection_ack" }], 4400],
    ["a frame that is too large", [" ".repeat(5 * 2 ** 20)], 1009],
  ])("is closed for %s", async (_what, messages, code) => {
    const socket = new RawSocket(server.url);
    await socket.send(...messages);
    expect(await socket.isClosed()).toBe(code);
  });

  it("is closed for an id in use, for another protocol, and for silence", async () => {
    const impatient = await serve({ initMs: 50 });
    const silent = new RawSocket(impatient.url);
    const unsigned = new RawSocket(impatient.url);
    await unsigned.send({ type: "connection_init" }, { id: "1", type: "subscribe", payload: request });
    expect(await silent.isClosed()).toBe(4408);
    expect(await unsigned.isClosed()).toBe(4408);
    const foreign = new RawSocket(server.url, { protocol: "graphql-ws" });
    await foreign.isClosed();
    expect(foreign.received).toEqual([]);
    const twice = new RawSocket(server.url);
    const subscribe = { id: "1", type: "subscribe", payload: { ...request, extensions: signed() } };
    await twice.send({ type: "connection_init" }, subscribe, subscribe);
    expect(await twice.isClosed()).toBe(4409);
  });

  it("has a limited number of subscriptions, and ends those of a disconnected gateway", async () => {
    const few = await serve({ subscriptions: 1 });
    const socket = new RawSocket(few.url);
    const subscribe = (id: string) => ({ id, type: "subscribe", payload: { ...request, extensions: signed() } });
    await socket.send({ type: "connection_init" }, subscribe("1"), subscribe("2"));
    await vi.waitUntil(() => socket.received.length === 2);
    expect(socket.received[1]).toMatchObject({
      id: "2",
      type: "error",
      payload: [{ extensions: { code: "OVERLOADED" } }],
    });
    expect(subgraph.log.following).toBe(1);
    socket.ws.terminate();
    await vi.waitUntil(() => subgraph.log.following === 0);
  });

  it("is closed when pings are not answered", async () => {
    const watching = await tcpProxy((await serve({ pingMs: 150 })).url);
    ends.push(() => watching.cut());
    const socket = new RawSocket(watching.url);
    await socket.send(
      { type: "connection_init" },
      { id: "1", type: "subscribe", payload: { ...request, extensions: signed() } },
    );
    await vi.waitUntil(() => subgraph.log.following === 1);
    watching.fault = { toServer: () => undefined };
    await vi.waitUntil(() => subgraph.log.following === 0);
    expect(await socket.isClosed()).toBe(1006);
  });

  it("is closed with 1001 when the subgraph stops", async () => {
    const socket = new RawSocket(server.url);
    await socket.send({ type: "connection_init" });
    await vi.waitUntil(() => socket.received.length === 1);
    await server.close();
    expect(await socket.isClosed()).toBe(1001);
  });
});
