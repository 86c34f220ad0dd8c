import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeServices } from "@apollo/composition";
import { buildSchema, parse } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startGateway } from "#gateway/http/server.ts";
import { serveRemoteSubgraphs } from "#runtime/serve-remote-subgraphs.ts";
import { overNetwork } from "#gateway/subscriptions/network/over-network.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { tcpProxy } from "#tests/harness/tcp-proxy.ts";
import { context, endAll, ends, numberOf, order, quick, Reader, sourceTo, upTo } from "./followed-subgraph.ts";

afterEach(endAll);

describe("a foreign subgraph that supports graphql-ws", () => {
  const typeDefs = "type Query { order: Order } type Subscription { ordered: Order } type Order { number: Int! }";
  let foreign: Server;
  let url: string;
  let numbers: number[];
  let sendsPositions: boolean;
  let goOn: () => void;
  let hold: Promise<void>;

  beforeEach(async () => {
    numbers = [1, 2];
    sendsPositions = false;
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
          sendsPositions
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
    const received: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query: "subscription { ordered { number } }" })) {
      expect(errors).toBeUndefined();
      received.push(data);
      if (received.length === 2) goOn();
    }
    expect(received).toEqual([{ ordered: { number: 1 } }, { ordered: { number: 2 } }]);
  });

  it("case G13: sends its state to each of three equal clients, also to one that subscribes after another has left", async () => {
    const { supergraphSdl = "" } = composeServices([{ name: "orders", typeDefs: parse(typeDefs), url }]);
    const folder = mkdtempSync(join(tmpdir(), "novacron-network-"));
    ends.push(() => rmSync(folder, { recursive: true }));
    const supergraphFile = join(folder, "supergraph.graphql");
    writeFileSync(supergraphFile, supergraphSdl);
    const gateway = await serveRemoteSubgraphs({ supergraphFile, urls: {}, open: true, host: "127.0.0.1", port: 0 });
    ends.push(() => gateway.stop());
    const begin = () => clientOf(gateway.url).iterate({ query: "subscription { ordered { number } }" });
    const [one, two] = [begin(), begin()];
    for (const events of [one, two])
      for (const number of [1, 2]) expect((await events.next()).value?.data).toEqual({ ordered: { number } });
    await one.return?.();
    expect((await begin().next()).value?.data).toEqual({ ordered: { number: 1 } });
  });

  it("is followed by a gateway in a separate process, and at its new URL when the supergraph changes that", async () => {
    sendsPositions = true;
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
    const gateway = await serveRemoteSubgraphs({ supergraphFile, urls: {}, open: true, host: "127.0.0.1", port: 0 });
    ends.push(() => gateway.stop());
    const client = clientOf(gateway.url);
    const received: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query: "subscription { ordered { number } }" })) {
      expect(errors).toBeUndefined();
      received.push(data?.["ordered"]);
      if (received.length === 2) {
        numbers.push(3);
        place(second.url);
      }
      if (received.length === 3) goOn();
    }
    expect(received).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect([first.open(), second.accepted()]).toEqual([0, 1]);
  });

  it("ends with its connection, because the missed events are unknown", async () => {
    const cut = await tcpProxy(url);
    const source = sourceTo(cut.url, {}, { foreign: true });
    const reader = new Reader(source);
    await reader.has(2);
    expect(await source.position("orders", context(), new AbortController().signal)).toBeUndefined();
    await cut.cut();
    expect(await reader.ended).toMatchObject({ kind: "unreachable" });
  });

  it("is resumed when it sends positions, as the product's subgraphs are", async () => {
    sendsPositions = true;
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

  it("that sends more events than are buffered ends the subscription", async () => {
    numbers = upTo(100);
    const source = sourceTo(url, { waitingEvents: 10 }, { foreign: true });
    const reader = new Reader(source);
    expect(await reader.ended).toMatchObject({ kind: "overloaded" });
  });
});
