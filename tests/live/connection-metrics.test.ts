import { beforeEach, describe, expect, it } from "vitest";
import { countConnections, countEvents } from "#gateway/metrics.ts";
import { metrics } from "#lib/observability/metrics.ts";
import { order } from "./orders.ts";
import { as, numbers, OrdersGateway, query } from "./orders-gateway.ts";
import { until } from "./until.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("the metrics of live connections", () => {
  const figures = async (...names: string[]) => {
    const lines = (await metrics.metrics()).split("\n");
    return lines.filter((line) => names.some((name) => new RegExp(`^novacron_gateway_${name}[ {]`).test(line)));
  };

  it("count connections, the reasons why they were closed, events, and deliveries", async () => {
    await gateway.stop();
    metrics.resetMetrics();
    await gateway.start({}, { streamObserver: countEvents, connectionObserver: countConnections });
    const [one, two] = [await gateway.subscribed(), await gateway.subscribed()];
    const leaving = new AbortController();
    const { body } = await fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, {
      headers: { accept: "text/event-stream", ...as() },
      signal: leaving.signal,
    });
    expect(body).not.toBeNull();
    gateway.log.append(order(1), order(2));
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
