import { WebSocket } from "ws";
import type { HostileRequest } from "./hostile-requests.ts";
import type { Output } from "./secrets.ts";

/** The number of subscriptions that one socket may have. */
const together = 50;

/**
 * Sends these requests over sockets, some on each, and authenticates in ways that hold the secret where it does not belong.
 * @returns every message, and the reason that each socket was closed for
 */
export async function socketRequests(
  url: string,
  requests: readonly HostileRequest[],
  { key, secret }: { key: string; secret: string },
): Promise<Output[]> {
  const received: Output[] = [];
  for (let from = 0; from < requests.length; from += together) {
    const some = requests.slice(from, from + together);
    const messages = some.map(({ query, variables }, at) => ({
      id: String(at),
      type: "subscribe",
      payload: { query, variables },
    }));
    await talk(url, { authorization: `Bearer ${key}` }, messages, received);
  }
  const session = `nvs_${secret.padEnd(43, "x").slice(0, 43)}`;
  const ticket = `nvt_${"0".repeat(32)}_${secret.padEnd(43, "x").slice(0, 43)}`;
  for (const shown of [
    { authorization: `Bearer ${session}` },
    { authorization: secret },
    { ticket },
    { ticket: secret },
  ])
    await talk(url, shown, [], received);
  for (const nonsense of [secret, { type: secret }, { type: "subscribe", id: secret, payload: secret }])
    await talk(url, { authorization: `Bearer ${key}` }, [nonsense], received);
  return received;
}

/** @returns once each message was answered, or the socket was closed */
async function talk(url: string, shown: object, messages: readonly unknown[], received: Output[]): Promise<void> {
  const ws = new WebSocket(url.replace("http:", "ws:"), "graphql-transport-ws");
  const waiting = new Set(messages.map((_message, at) => String(at)));
  await new Promise<void>((resolve, reject) => {
    ws.once("open", () => ws.send(JSON.stringify({ type: "connection_init", payload: shown })));
    ws.once("error", reject);
    ws.once("close", (code, reason) => {
      received.push({ where: "the close of a socket", text: `${code} ${reason.toString()}` });
      resolve();
    });
    ws.on("message", (data) => {
      const text = String(data);
      received.push({ where: "a message of a socket", text });
      const { type, id, payload } = JSON.parse(text) as { type: string; id?: string; payload?: { cursors?: object } };
      if (type === "connection_ack")
        for (const message of messages) ws.send(typeof message === "string" ? message : JSON.stringify(message));
      // A subscription that begins emits its cursor; one that cannot begin emits an error.
      for (const answered of id === undefined ? Object.keys(payload?.cursors ?? {}) : [id]) waiting.delete(answered);
      if (waiting.size === 0 && messages.length > 0) ws.close(1000);
    });
  });
}
