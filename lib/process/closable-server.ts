import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Follows the connections of a server that listens to no request yet, and returns the function that closes it. That function accepts no new connections, and
 * resolves when the open ones are closed: each once its response has been sent to the last byte, and all of them after the grace period. Node's own `close`
 * destroys a connection as soon as the last of a response is written, even if much of it still waits for a slow client.
 */
export function closableServer(server: Server): (graceMs: number) => Promise<void> {
  /** The connections for requests, each with the number of its responses that have not been sent. */
  const open = new Map<Socket, number>();
  let isClosing = false;
  const change = (socket: Socket, by: number): void => {
    const responses = (open.get(socket) ?? 0) + by;
    open.set(socket, responses);
    if (isClosing && responses === 0) socket.destroySoon();
  };
  server.on("connection", (socket: Socket) => {
    open.set(socket, 0);
    socket.once("close", () => open.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    change(socket, 1);
    response.once("close", () => !socket.destroyed && change(socket, -1));
  });
  // From here on it is no connection for requests. Who took it closes it.
  server.prependListener("upgrade", ({ socket }) => void open.delete(socket));
  return async (graceMs) => {
    isClosing = true;
    server.closeIdleConnections = () => undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const [socket, responses] of open) if (responses === 0) socket.destroySoon();
    const impatient = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(impatient);
  };
}
