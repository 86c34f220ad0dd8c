import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { subprotocol } from "./messages.ts";

/** Returns a server of WebSockets for an HTTP server that passes it the upgrade requests. A socket without the subprotocol is open, and is to be closed. */
export const transportServer = (maxFrameBytes: number): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    // Compression takes memory for each socket and time for each message, and allows messages that expand to a large size.
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

/** Refuses an upgrade request. */
export function refuseUpgrade(stream: Duplex, status: string, message = ""): void {
  stream.on("error", () => undefined);
  const headers = ["Connection: close", "Content-Type: text/plain", `Content-Length: ${Buffer.byteLength(message)}`];
  stream.end(`HTTP/1.1 ${status}\r\n${headers.join("\r\n")}\r\n\r\n${message}`);
}

/** The time that the other side may take for the close handshake, in milliseconds. */
const closeHandshakeMs = 1_000;

/** Resolves when sockets that are closing are closed. The connections of those that do not complete the close handshake in time are ended. */
export async function closeHandshakes(closing: Iterable<WebSocket>): Promise<void> {
  const sockets = [...closing].filter((socket) => socket.readyState !== socket.CLOSED);
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, closeHandshakeMs);
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()))));
  clearTimeout(timer);
}
