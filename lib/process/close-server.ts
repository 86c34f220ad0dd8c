import type { Server } from "node:http";

/** How often connections that have become idle are closed. */
const idleCheckMs = 50;

/**
 * Accepts no new connections, and resolves when the open ones are closed: each once its request has been answered, and all of them after this time. A client
 * would keep a connection open for seconds after the response that was in flight.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const closing = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  const impatient = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(closing);
  clearTimeout(impatient);
}
