import { WebSocket } from "ws";
import { query as plain } from "./graph.ts";
import { now } from "./process.ts";

// Clients of one server, in a process of their own. Messages from the parent control it: { open: how many } opens sockets, and subscribes each with
// `subscribe`; { close: true } closes all; { wait: how many deliveries } gets a response when there have been so many since the last response.

const [url = ""] = process.argv.slice(2);
/** How many sockets are being opened at once. */
const connectionsAtOnce = 500;
/** One of this many deliveries is timed. */
const timedOf = 16;

const sockets = new Set<WebSocket>();
let deliveries = 0;
let wanted = Infinity;
let latencies: number[] = [];
let lastCursor: string | undefined;

function delivered(text: string): void {
  deliveries += 1;
  if (deliveries % timedOf === 0) {
    latencies.push(now() - Number(/at"?:([\d.]+)/.exec(text)?.[1]));
    lastCursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
  }
  if (deliveries >= wanted) answerWait();
}

function answerWait(): void {
  process.send?.({ deliveries, latencies });
  deliveries = 0;
  wanted = Infinity;
  latencies = [];
}

/** The credentials and requests of the clients; each next client takes the next entry of each list. */
interface SubscriptionText {
  query: string;
  tokens?: readonly string[];
  variables?: readonly object[];
}

let opened = 0;
const openOne = (isSubscribed: boolean, after: string | undefined, { query, tokens, variables }: SubscriptionText) =>
  new Promise<void>((resolve, reject) => {
    const number = opened++;
    const nth = <T>(list: readonly T[] | undefined) => list?.[number % list.length];
    const [token, ofClient] = [nth(tokens), nth(variables)];
    const ws = new WebSocket(url, "graphql-transport-ws", { perMessageDeflate: false });
    sockets.add(ws);
    ws.once("open", () => {
      const payload = token === undefined ? undefined : { authorization: `Bearer ${token}` };
      ws.send(JSON.stringify({ type: "connection_init", payload }));
    });
    ws.once("error", reject);
    ws.once("close", () => sockets.delete(ws));
    ws.on("message", (data) => {
      const text = (data as Buffer).toString("latin1");
      if (text.includes('"type":"next"')) return delivered(text);
      if (text.includes('"ping"')) ws.send('{"type":"pong"}');
      if (text.includes('"connection_ack"') && isSubscribed) {
        const payload = { query, variables: ofClient, extensions: after === undefined ? undefined : { after } };
        return ws.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
      }
      resolve();
    });
  });

async function open({ open: count = 0, subscribe = false, returning = false, as }: ClientsCommand): Promise<void> {
  const operation = as ?? { query: plain };
  opened = 0;
  let left = count;
  const next = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await openOne(subscribe, returning ? lastCursor : undefined, operation);
    }
  };
  await Promise.all(Array.from({ length: returning ? count : connectionsAtOnce }, next));
}

interface ClientsCommand {
  open?: number;
  subscribe?: boolean;
  as?: SubscriptionText;
  /** All at once, each after the last cursor. */
  returning?: boolean;
  close?: true;
  wait?: number;
}

process.on("message", (message: ClientsCommand) => {
  if (message.open !== undefined) {
    const began = performance.now();
    open(message).then(
      () => process.send?.({ ms: performance.now() - began }),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  } else if (message.close) {
    for (const ws of sockets) ws.terminate();
    process.send?.({ closed: true });
  } else if (message.wait !== undefined) {
    wanted = message.wait;
    if (deliveries >= wanted) answerWait();
  }
});
process.stdout.write("ready http://clients\n");
process.once("SIGTERM", () => process.exit(0));
