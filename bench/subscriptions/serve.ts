import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type WebSocket, WebSocketServer } from "ws";
import { noLimits } from "#gateway/limits/limits.ts";
import { startGateway } from "#gateway/http/server.ts";
import { anonymous } from "#lib/trust/request-context.ts";
import { pause } from "#lib/pause.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import { now } from "./process.ts";
import { changeOf, messageOf, nodesOf, supergraphSdl } from "./graph.ts";

// The measured program: the gateway, or sockets to which the same bytes are sent. Messages from the parent control it: { append: how many events }, or { look:
// true }.

let count = 0;

async function gateway(): Promise<{ url: string; append(events: number): void }> {
  const events: SubscriptionEvent[] = [];
  let wake: () => void = () => undefined;
  const follow = async function* (after: number, signal: AbortSignal) {
    for (let read = after; !signal.aborted;) {
      const batch = events.slice(read);
      read = events.length;
      if (batch.length > 0) yield batch;
      else await pause(60_000, signal, new Promise<void>((resolve) => (wake = resolve)));
    }
  };
  const { url } = await startGateway({
    supergraphSdl: supergraphSdl(),
    subscriptions: {
      subscribe: (_subgraph, { after }, _context, signal) => follow(Number(after ?? events.length), signal),
      position: async (subgraph) => (subgraph === "vms" ? String(events.length) : undefined),
      close: async () => undefined,
    },
    transport: {
      send: async (_subgraph, { variables = {} }) => nodesOf(variables["representations"] as unknown[]),
      close: async () => undefined,
    },
    limits: noLimits,
    identify: async () => anonymous,
    anonymousSockets: true,
    ready: async () => true,
    introspection: false,
    planning: "this thread",
    host: "127.0.0.1",
    port: 0,
  });
  return {
    url: url.replace("http:", "ws:"),
    append: (many) => {
      for (let each = 0; each < many; each += 1) {
        count += 1;
        events.push({ position: String(events.length + 1), result: changeOf(count, now()) });
      }
      wake();
    },
  };
}

async function broadcast(): Promise<{ url: string; append(events: number): void }> {
  const server = createServer();
  const sockets = new Set<WebSocket>();
  new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on("connection", (ws) => {
    ws.on("message", (data) => {
      const text = String(data);
      if (text.includes('"connection_init"')) ws.send('{"type":"connection_ack"}');
      if (!text.includes('"subscribe"')) return;
      sockets.add(ws);
      ws.send('{"type":"ping","payload":{"cursors":{"1":"x"}}}');
    });
    ws.on("close", () => sockets.delete(ws));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    append: (many) => {
      for (let each = 0; each < many; each += 1) {
        count += 1;
        const message = messageOf(count, now());
        for (const ws of sockets) ws.send(message);
      }
    },
  };
}

const { url, append } = await (process.argv[2] === "broadcast" ? broadcast() : gateway());
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on("message", (message: { append?: number; look?: true }) => {
  if (message.append !== undefined) return append(message.append);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed, delayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 10) });
  delay.reset();
});
process.stdout.write(`ready ${url}\n`);
process.once("SIGTERM", () => process.exit(0));
