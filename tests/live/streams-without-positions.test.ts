import { beforeEach, describe, expect, it } from "vitest";
import type { Gateway } from "#gateway/gateway.ts";
import { gatewayOver, subscribeTo, type Subscribing } from "./gateway-listener.ts";
import { InMemoryLog } from "./in-memory-source.ts";
import { order, peopleTransport } from "./orders.ts";
import { until } from "./until.ts";

describe("case G13: a subscription to a source without positions, which sends its state to each new subscription,", () => {
  const state = order(0);
  let gateway: Gateway;
  let emitters: { emit(number: number): void; signal: AbortSignal }[];
  let withPositions: boolean;
  beforeEach(() => {
    emitters = [];
    withPositions = false;
    gateway = gatewayOver(
      {
        subscribe: async function* (_subgraph, { after }, _context, signal) {
          const own = new InMemoryLog();
          own.append(...(after === undefined ? [state] : []));
          emitters.push({ emit: (number) => own.append(order(number)), signal });
          for await (const batch of own.follow("0", signal))
            yield batch.map(({ position, ...event }) => (withPositions ? { ...event, position } : event));
        },
        position: async () => undefined,
        close: async () => undefined,
      },
      peopleTransport(),
    );
    return () => gateway.stop();
  });
  const subscribe = (given?: Subscribing) => subscribeTo(gateway, given);

  it("sends its state to each of two equal subscribers, and later events to all", async () => {
    const [one, two] = [await subscribe(), await subscribe()];
    await until(() => one.listener.received.length === 1 && two.listener.received.length === 1);
    const late = await subscribe();
    for (const each of emitters) each.emit(1);
    await until(() => [one, two, late].every(({ listener }) => listener.received.length === 2));
    for (const { listener } of [one, two, late]) expect(listener.numbers).toEqual([0, 1]);
  });

  it("sends its state to two that subscribe at once", async () => {
    const both = await Promise.all([subscribe(), subscribe()]);
    await until(() => both.every(({ listener }) => listener.received.length === 1));
    expect(emitters).toHaveLength(2);
  });

  it("ends with its subscriber, and the next one receives the state", async () => {
    const { listener } = await subscribe();
    await until(() => listener.received.length === 1);
    listener.leave();
    expect(emitters[0]?.signal.aborted).toBe(true);
    const next = await subscribe();
    await until(() => next.listener.received.length === 1);
    expect([next.listener.numbers, emitters.length]).toEqual([[0], 2]);
  });

  it("sends the state to a new subscriber, next to one that has resumed at the position of an event", async () => {
    withPositions = true;
    const first = await subscribe();
    await until(() => first.listener.received.length === 1);
    const returned = await subscribe({ after: first.listener.cursors[0] });
    emitters[1]?.emit(1);
    await until(() => returned.listener.received.length === 1);
    expect(returned.listener.numbers).toEqual([1]);
    const fresh = await subscribe();
    await until(() => fresh.listener.received.length === 1);
    expect(fresh.listener.numbers).toEqual([0]);
  });
});
