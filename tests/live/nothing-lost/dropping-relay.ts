import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";

/** Passes on what a client and a gateway say to each other, but not one of the events. @param drops which, from 1 @returns its address */
export async function droppingRelay(gateway: string, drops: number): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  onTestFinished(() => server.close());
  let events = 0;
  server.on("connection", (client) => {
    const upstream = new WebSocket(gateway.replace("http:", "ws:"), "graphql-transport-ws");
    const waiting: RawData[] = [];
    client.on("message", (data) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(String(data));
      else waiting.push(data);
    });
    upstream.on("open", () => {
      for (const data of waiting.splice(0)) upstream.send(String(data));
    });
    upstream.on("message", (data) => {
      if (String(data).includes('"type":"next"') && ++events === drops) return;
      client.send(String(data));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("close", () => other.terminate());
      one.on("error", () => other.terminate());
    }
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
