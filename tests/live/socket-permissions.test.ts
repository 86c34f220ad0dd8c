import { beforeEach, describe, expect, it } from "vitest";
import { order } from "./orders.ts";
import { as, init, numbers, OrdersGateway } from "./orders-gateway.ts";
import { RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("permissions", () => {
  it("are those of a new credential from its ping on, and the subscription continues", async () => {
    gateway.users.set("new", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const client = new RawClient(gateway.wsUrl);
    const text = "subscription { ordered { number by { id secret } } }";
    await client.connect(as(), subscribe("1", text));
    await until(() => client.of("ping").length === 1);
    gateway.log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).not.toHaveProperty("errors");
    await client.send({ type: "ping", payload: { authorization: "Bearer new" } });
    await until(() => client.of("pong").length === 1);
    gateway.users.delete("ann");
    gateway.log.append(order(2));
    await until(() => client.of("next").length === 2);
    expect(client.of("next")[1]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
    expect(numbers(client, "1")).toEqual([1, 2]);
  });

  it("that change apply to the next event", async () => {
    const client = new RawClient(gateway.wsUrl);
    await client.connect(as(), subscribe("1", "subscription { ordered { number by { secret } } }"));
    await until(() => client.of("ping").length === 1);
    gateway.users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    await until(() => gateway.log.begun === 2);
    gateway.log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  it("that change while a subscription begins apply to it", async () => {
    let letIn: () => void = () => undefined;
    gateway.counting = new Promise((resolve) => (letIn = resolve));
    const client = new RawClient(gateway.wsUrl);
    await client.connect(as(), subscribe("1", "subscription { ordered { number by { secret } } }"));
    await until(() => gateway.confirmations > 0);
    gateway.users.set("ann", { kind: "user", id: "ann", tenantId: "one", permissions: [] });
    const before = gateway.confirmations;
    await until(() => gateway.confirmations > before + 3);
    letIn();
    await until(() => client.of("ping").length === 1 && gateway.log.begun === 2);
    gateway.log.append(order(1));
    await until(() => client.of("next").length === 1);
    expect(client.of("next")[0]?.payload).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  it("cannot become another user's", async () => {
    gateway.users.set("bob", { kind: "user", id: "bob", tenantId: "one", permissions: [] });
    const { client } = await gateway.subscribed();
    await client.send({ type: "ping", payload: { authorization: "Bearer bob" } });
    expect(await client.closeCode()).toBe(4403);
  });

  it("are kept while they cannot be checked", async () => {
    const { client } = await gateway.subscribed();
    gateway.authIsDown = true;
    const late = new RawClient(gateway.wsUrl);
    await late.send(init());
    expect(await late.closeCode()).toBe(1013);
    gateway.log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    gateway.authIsDown = false;
  });
});
