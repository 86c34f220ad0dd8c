import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** Whether a request offers to become a WebSocket, and not something that this server does not speak. */
export const isForWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.trim().toLowerCase() === "websocket";

/** For `createServer`: newer versions of Node ask which offers are accepted, and answer a request as usual where one is not. */
export const acceptedUpgrades = { shouldUpgradeCallback: isForWebSocket };

/** What is between this server and its client, and offers another protocol. */
const offers = new Set(["upgrade", "http2-settings"]);

/**
 * Has the server answer a request as if it offered no other protocol. Java's HTTP client, and curl with `--http2`, offer `h2c` with any first request over
 * plain HTTP; a server may ignore that (RFC 9110, 7.8). Node 20 takes every offer for accepted and stops reading HTTP, so the head of the request is
 * written again without it, before what has come of the body.
 */
export function withoutUpgrade(server: Server, request: IncomingMessage, stream: Duplex, bodySoFar: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (offers.has(name.toLowerCase())) continue;
    lines.push(`${name}: ${name.toLowerCase() === "connection" ? withoutOffers(value) : value}`);
  }
  stream.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), bodySoFar]));
  server.emit("connection", stream);
}

const withoutOffers = (connection: string): string =>
  connection
    .split(",")
    .filter((option) => !offers.has(option.trim().toLowerCase()))
    .join(",");
