import { request as httpRequest } from "node:http";
import { createClient, type Client } from "graphql-ws";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { SocketLimits } from "#gateway/sockets/socket-limits.ts";
import { order } from "./orders.ts";
import { as, cursorIn, cursorOf, init, numbers, OrdersGateway, query } from "./orders-gateway.ts";
import { type Message, RawClient, subscribe } from "./raw-client.ts";
import { until } from "./until.ts";

let gateway: OrdersGateway;
beforeEach(async () => {
  gateway = await OrdersGateway.started();
  return () => gateway.stop();
});

describe("a client of graphql-ws", () => {
  const connect = (token = "ann"): Client => {
    const client = createClient({
      url: gateway.wsUrl,
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
    await until(() => gateway.log.following === 1);
    gateway.log.append(order(1));
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
    const { client, cursor } = await gateway.subscribed();
    client.ws.terminate();
    gateway.log.append(order(1), order(2));
    const again = await gateway.subscribed({ after: cursor });
    await until(() => numbers(again.client, "1").length === 2);
    expect(numbers(again.client, "1")).toEqual([1, 2]);
  });

  it("sends no cursor that is behind the events it has sent", async () => {
    const { client, cursor } = await gateway.subscribed();
    gateway.log.append(order(1), order(2));
    await until(() => numbers(client, "1").length === 2);
    const again = await gateway.subscribed({ after: cursor });
    expect(numbers(again.client, "1")).toEqual([1, 2]);
    expect(again.cursor).toBe(cursorIn(client.of("next", "1")[1]));
  });

  it("attack 48: a subscription before connection_init, a bad token, no token, a second init, and no init close the socket", async () => {
    const closes = async (limits: Partial<SocketLimits>, ...messages: Message[]) => {
      await gateway.restart(limits);
      const client = new RawClient(gateway.wsUrl);
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
    const { client } = await gateway.subscribed();
    gateway.users.delete("ann");
    const began = performance.now();
    expect(await client.closeCode()).toBe(4403);
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => gateway.log.following === 1);
  });

  it("attack 49: more subscriptions on a socket, or more sockets of a user, than allowed close the socket", async () => {
    await gateway.restart({ subscriptions: 3, socketsByUser: 2 });
    const many = new RawClient(gateway.wsUrl);
    await many.connect(as(), ...["1", "2", "3", "4"].map((id) => subscribe(id, query)));
    expect(await many.closeCode()).toBe(4412);
    const [one, two, three] = [
      new RawClient(gateway.wsUrl),
      new RawClient(gateway.wsUrl),
      new RawClient(gateway.wsUrl),
    ];
    await one?.send(init());
    await two?.send(init());
    await until(() => one?.of("connection_ack").length === 1 && two?.of("connection_ack").length === 1);
    await three?.send(init());
    expect(await three?.closeCode()).toBe(4411);
    one?.ws.close();
    await until(() => one?.closed !== undefined);
    const four = new RawClient(gateway.wsUrl);
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
      const client = new RawClient(gateway.wsUrl);
      await client.connect(as(), nonsense);
      expect([nonsense, await client.closeCode()]).toEqual([nonsense, 4400]);
    }
    const binary = new RawClient(gateway.wsUrl);
    await binary.connect(as());
    binary.ws.send(Buffer.from(JSON.stringify(subscribe("1", query))));
    expect(await binary.closeCode()).toBe(4400);
    const { client } = await gateway.subscribed();
    await client.send(subscribe("1", query));
    expect(await client.closeCode()).toBe(4409);
    expect(await new RawClient(gateway.wsUrl, "").closeCode()).toBe(4406);
    const large = new RawClient(gateway.wsUrl);
    await large.connect(as(), JSON.stringify(subscribe("1", " ".repeat(300 * 1024))));
    expect(await large.closeCode()).toBe(1009);
  });

  it("closes the socket at a payload that is nested too deeply to be serialized, and serves other clients", async () => {
    const { client } = await gateway.subscribed();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const type of ["ping", "pong", "connection_init"]) {
      const stranger = new RawClient(gateway.wsUrl);
      await stranger.send(`{"type":"${type}","payload":{"deep":${deep}}}`);
      expect([type, await stranger.closeCode()]).toEqual([type, 4400]);
    }
    gateway.log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
  });

  it("ends a subscription when the client completes it, and its id is free again", async () => {
    const { client } = await gateway.subscribed();
    gateway.log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    await client.send({ id: "1", type: "complete" }, subscribe("1", query));
    await until(() => client.of("ping").length === 2);
    gateway.log.append(order(2));
    await until(() => numbers(client, "1").length === 2);
    expect(numbers(client, "1")).toEqual([1, 2]);
  });

  it("sends the cursors in pings, answers pings, and closes the socket when its own are not answered", async () => {
    await gateway.restart({ pingMs: 60 });
    const { client } = await gateway.subscribed();
    gateway.log.append(order(1));
    await until(() => numbers(client, "1").length === 1);
    const after = cursorIn(client.of("next", "1")[0]);
    await until(() => client.of("ping").some((ping) => cursorOf(ping) === after));
    await client.send({ type: "ping" });
    await until(() => client.of("pong").length === 1);
    client.answersPings = false;
    expect(await client.closeCode()).toBe(4413);
  });
});

describe("a gateway that stops", () => {
  it("closes its sockets with 1001, spread over time", async () => {
    await gateway.restart({ closingMs: 300 });
    const clients = await Promise.all(Array.from({ length: 10 }, () => gateway.subscribed()));
    const codes: number[] = [];
    const at: number[] = [];
    const begun = performance.now();
    for (const { client } of clients)
      client.ws.once("close", (code: number) => {
        codes.push(code);
        at.push(performance.now() - begun);
      });
    await gateway.stop();
    await until(() => codes.length === 10);
    expect(new Set(codes)).toEqual(new Set([1001]));
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(150);
    expect(gateway.log.following).toBe(0);
  });
});
