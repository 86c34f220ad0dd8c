import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** Returns whether a request offers an upgrade to a WebSocket, and not to a protocol that this server does not support. */
export const isForWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.trim().toLowerCase() === "websocket";

/**
 * For `createServer`: newer versions of Node ask which offers are accepted, and handle a request as usual when its offer is not. They drop what a client sent
 * behind that request before its response; no client is known to pipeline behind an offer.
 */
export const acceptedUpgrades = { shouldUpgradeCallback: isForWebSocket };

/** The headers of one hop that offer another protocol. */
const offers = new Set(["upgrade", "http2-settings"]);

/**
 * Lets the server handle a request as if it offered no other protocol. Java's HTTP client, and curl with `--http2`, offer `h2c` with any first request over
 * plain HTTP; a server may ignore that (RFC 9110, 7.8). Node 20 takes every offer as accepted and stops reading HTTP. The head of the request is therefore
 * written back without the offer, before the received part of the body.
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
