import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Inbox } from "#gateway/subscriptions/network/inbox.ts";
import { networkLimits } from "#gateway/subscriptions/network/limits.ts";
import { PublicError } from "#lib/errors.ts";
import type { RunningServer } from "#lib/subgraph/server.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import { hung } from "#tests/harness/network-faults.ts";
import { type TcpProxy, tcpProxy } from "#tests/harness/tcp-proxy.ts";
import {
  begin,
  context,
  endAll,
  ends,
  numberOf,
  order,
  RawSocket,
  Reader,
  request,
  serve,
  signed,
  sourceTo,
  subgraph,
  upTo,
} from "./followed-subgraph.ts";
import { InMemoryLog } from "./in-memory-source.ts";

let server: RunningServer;
let network: TcpProxy;

beforeEach(async () => {
  begin();
  server = await serve();
  network = await tcpProxy(server.url);
  ends.push(() => network.cut());
});
afterEach(endAll);

describe("a subgraph that is followed over the network", () => {
  it("sends all of its events in order, and the events of one tick in one batch", async () => {
    const reader = new Reader(sourceTo(network.url));
    await vi.waitUntil(() => subgraph.log.following === 1);
    subgraph.log.append(...upTo(20).map(order));
    await reader.has(20);
    subgraph.log.appendEvent({ result: order(21), dropped: 3, replaces: "vm 1" });
    subgraph.log.appendEvent({});
    await vi.waitUntil(() => reader.events.at(-1)?.position === "22");
    expect(reader.numbers).toEqual(upTo(21));
    expect(reader.batches.some(({ length }) => length > 1)).toBe(true);
    expect(reader.events[0]).toEqual({ position: "0" });
    expect(reader.events.at(-2)).toEqual({ position: "21", result: order(21), dropped: 3, replaces: "vm 1" });
    expect(reader.events.at(-1)).toEqual({ position: "22" });
    expect(subgraph.requests[0]?.variables).toEqual({ shop: "one" });
    expect(subgraph.requests[0]?.context.identity).toEqual(context().identity);
  });

  it("shares one connection among all followers, which is open while any of them follows", async () => {
    const source = sourceTo(network.url);
    expect(network.accepted()).toBe(0);
    const readers = [new Reader(source, "0"), new Reader(source, "0"), new Reader(source, "0")];
    subgraph.log.append(order(1));
    await Promise.all(readers.map((reader) => reader.has(1)));
    expect([network.accepted(), network.open()]).toEqual([1, 1]);
    for (const reader of readers) reader.ending.abort();
    await Promise.all(readers.map(({ ended }) => ended));
    await vi.waitUntil(() => network.open() === 0 && subgraph.log.following === 0);
  });

  it("returns its position", async () => {
    const source = sourceTo(network.url);
    expect(await source.position("orders", context(), new AbortController().signal)).toBe("0");
    subgraph.log.append(order(1), order(2));
    expect(await source.position("orders", context(), new AbortController().signal)).toBe("2");
    await network.cut();
    await expect(source.position("orders", context(), new AbortController().signal)).rejects.toMatchObject({
      kind: "unreachable",
    });
  });

  it("is not queried for its position when the signal is already aborted", async () => {
    const position = sourceTo(network.url).position("orders", context(), AbortSignal.abort());
    await expect(position).rejects.toMatchObject({ name: "AbortError" });
    expect(network.accepted()).toBe(0);
  });

  it("times out when its position does not arrive", async () => {
    network.fault = hung;
    const source = sourceTo(network.url, { positionMs: 50 });
    const position = source.position("orders", context(), new AbortController().signal);
    await expect(position).rejects.toMatchObject({ kind: "timed out" });
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
        subgraph.log = new InMemoryLog();
        network.fault = {};
        const reader = new Reader(sourceTo(network.url), "0");
        await vi.waitUntil(() => subgraph.log.following === 1, { interval: 2 });
        let written = 0;
        for (const step of all) {
          if ("write" in step) {
            subgraph.log.append(...upTo(step.write).map((number) => order(written + number)));
            written += step.write;
          } else {
            // One connection after the other breaks after this many bytes; the last one stays open.
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

  it("resumes at its position after its process is restarted", async () => {
    const reader = new Reader(sourceTo(server.url));
    await vi.waitUntil(() => subgraph.log.following === 1);
    subgraph.log.append(order(1), order(2));
    await reader.has(2);
    await server.close();
    expect(subgraph.log.following).toBe(0);
    subgraph.log.append(order(3));
    await serve({}, Number(new URL(server.url).port));
    await reader.has(3);
    subgraph.log.append(order(4));
    await reader.has(4);
    expect(reader.numbers).toEqual(upTo(4));
    expect(subgraph.requests.map(({ after }) => after)).toEqual(["0", "2"]);
  });

  it("is connected again when its connection goes silent", async () => {
    const reader = new Reader(sourceTo(network.url, { pingMs: 20 }));
    await vi.waitUntil(() => subgraph.log.following === 1);
    subgraph.log.append(order(1));
    await reader.has(1);
    let silent: unknown;
    network.fault = {
      toClient: (chunk, client, pass) => {
        silent ??= client;
        if (client !== silent) pass(chunk);
      },
    };
    subgraph.log.append(order(2));
    await reader.has(2);
    expect(reader.numbers).toEqual([1, 2]);
  });

  it("is resumed at its new URL", async () => {
    const source = sourceTo(network.url);
    const reader = new Reader(source);
    await vi.waitUntil(() => subgraph.log.following === 1);
    subgraph.log.append(order(1));
    await reader.has(1);
    source.readdress({ orders: server.url });
    subgraph.log.append(order(2));
    await reader.has(2);
    await vi.waitUntil(() => network.open() === 0);
    source.readdress({});
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
    expect(reader.numbers).toEqual([1, 2]);
  });

  it("is unreachable after this many failed attempts in a row", async () => {
    const reader = new Reader(sourceTo(network.url, { attempts: 4 }));
    await vi.waitUntil(() => subgraph.log.following === 1);
    await network.cut();
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
  });

  it("reports why it refuses, with code and details, and nothing of its own failures", async () => {
    const source = sourceTo(network.url);
    subgraph.failsWith = new PublicError("POSITION_EXPIRED", "Too long ago.", { oldest: "7" });
    const received = await new Reader(source, "0").ended;
    expect(received).toBeInstanceOf(PublicError);
    expect(received).toMatchObject({ code: "POSITION_EXPIRED", message: "Too long ago.", details: { oldest: "7" } });
    subgraph.failsWith = new Error("the password is 1234");
    const failed = await new Reader(source, "0").ended;
    expect(failed).toMatchObject({ kind: "unusable" });
    expect(String(failed)).not.toContain("1234");
    expect(subgraph.log.following).toBe(0);
  });

  it("ends at the signal in any state, and leaves nothing open", async () => {
    const source = sourceTo(network.url, { longestBackOffMs: 60_000, shortestBackOffMs: 60_000 });
    const before = new Reader(source);
    before.ending.abort();
    await before.ended;
    expect(network.accepted()).toBe(0);

    const waiting = new Reader(source);
    await vi.waitUntil(() => subgraph.log.following === 1);
    const listening = vi.spyOn(waiting.ending.signal, "addEventListener");
    const leaving = vi.spyOn(waiting.ending.signal, "removeEventListener");
    subgraph.log.append(order(1));
    await waiting.has(1);
    waiting.ending.abort();
    await waiting.ended;
    // The listener that was added before the spies is removed as well.
    expect(leaving.mock.calls.length).toBe(listening.mock.calls.length + 1);
    await vi.waitUntil(() => subgraph.log.following === 0 && network.open() === 0);

    const broken = new Reader(source);
    await vi.waitUntil(() => subgraph.log.following === 1);
    await network.cut();
    await vi.waitUntil(() => subgraph.log.following === 0);
    broken.ending.abort();
    await broken.ended;
    expect(network.open()).toBe(0);
  });
});

describe("the buffers between a subgraph and its followers", () => {
  it("return the messages of one tick in one batch, although each arrives separately", async () => {
    const inbox = new Inbox(networkLimits, () => undefined);
    const taking = inbox.take(new AbortController().signal);
    inbox.next(order(1), 10);
    await Promise.resolve();
    process.nextTick(() => inbox.next(order(2), 10));
    expect((await taking).flatMap(numberOf)).toEqual([1, 2]);
  });

  it("are bounded: a subscription whose follower does not read ends, and continues without loss when it does", async () => {
    const source = sourceTo(network.url, { waitingEvents: 10 });
    const events = source.subscribe("orders", { ...request, after: "0" }, context(), new AbortController().signal);
    const iterator = events[Symbol.asyncIterator]();
    subgraph.log.append(order(1));
    const numbers = (await iterator.next()).value.flatMap(numberOf) as number[];
    subgraph.log.append(...upTo(500).map((number) => order(number + 1)));
    await vi.waitUntil(() => subgraph.log.following === 0);
    while (numbers.length < 501) {
      const { value } = (await iterator.next()) as { value: readonly SubscriptionEvent[] };
      expect(value.length).toBeLessThanOrEqual(10);
      numbers.push(...value.flatMap(numberOf));
    }
    expect(numbers).toEqual(upTo(501));
    await iterator.return?.();
  });

  it("are bounded where a gateway does not read: the subgraph reads no more of its log until it does", async () => {
    const slow = await serve({ bufferedBytes: 100_000 });
    let taken = 0;
    const big = "x".repeat(10_000);
    vi.spyOn(subgraph.log, "follow").mockImplementation(async function* () {
      for (taken = 1; taken <= 5_000; taken += 1)
        yield [{ position: String(taken), result: { data: { ordered: { number: taken, big } } } }];
    });
    const socket = new RawSocket(slow.url);
    await socket.send({ type: "connection_init" });
    await vi.waitUntil(() => socket.received.length === 1);
    socket.ws.pause();
    await socket.send({ id: "1", type: "subscribe", payload: { ...request, extensions: signed() } });
    // The system's own buffers take this much, and no more, and then the log stands still.
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
    await vi.waitUntil(() => socket.received.at(-1)?.type === "complete", { timeout: 20_000 });
    expect(socket.received.filter(({ type }) => type === "next")).toHaveLength(5_000);
  });
});
