import { beforeEach, describe, expect, it } from "vitest";
import { cursorIn, numbers, OrdersGateway } from "./orders-gateway.ts";
import { until } from "./until.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("a client that does not read", () => {
  const bulky = (number: number) => ({
    data: { ordered: { number, by: { __typename: "Person", id: `p${number}-${"x".repeat(10_000)}` } } },
  });

  it("is closed with a specific code when too many events wait, and resumes after its cursor without a gap", async () => {
    await gateway.restart({ onTheWay: 16_384, waitingEvents: 50 });
    const { client, cursor } = await gateway.subscribed();
    client.ws.pause();
    const other = await gateway.subscribed();
    for (let number = 1; number <= 1_500; number += 1) {
      gateway.log.append(bulky(number));
      if (number % 50 === 0) await until(() => numbers(other.client, "1").length === number);
    }
    client.ws.resume();
    await until(() => client.closed !== undefined);
    const received = client.of("next", "1");
    const again = await gateway.subscribed({ after: cursorIn(received.at(-1)) ?? cursor });
    await until(() => numbers(client, "1").length + numbers(again.client, "1").length >= 1_500);
    expect([...numbers(client, "1"), ...numbers(again.client, "1")]).toEqual(
      Array.from({ length: 1_500 }, (_, index) => index + 1),
    );
  }, 60_000);

  it("receives only the newest of events that replace each other, and how many were dropped", async () => {
    await gateway.restart({ onTheWay: 16_384, waitingEvents: 50 });
    const { client } = await gateway.subscribed();
    client.ws.pause();
    const other = await gateway.subscribed();
    for (let number = 1; number <= 1_500; number += 1) {
      gateway.log.appendEvent({ result: bulky(number), replaces: `order ${number % 2}` });
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
