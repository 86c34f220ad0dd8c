import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { protocolCloseCodes } from "../transport-ws/close-codes.ts";
import { subprotocol } from "../transport-ws/messages.ts";
import { closeHandshakes, refuseUpgrade, transportServer } from "../transport-ws/server.ts";
import { type SocketSubgraph, SubgraphSocket } from "./socket.ts";
import { type SubgraphSocketLimits, subgraphSocketLimits } from "./socket-limits.ts";

/** Serves the subscriptions of a subgraph that runs in its own process over WebSockets: docs/decisions/subgraph-sockets.md describes the protocol. */
export class SubgraphSockets {
  readonly #subgraph: SocketSubgraph;
  readonly #limits: SubgraphSocketLimits;
  readonly #server: WebSocketServer;
  readonly #sockets = new Map<WebSocket, SubgraphSocket>();
  /** Sockets that have not answered the last ping. */
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;
  #isClosing = false;

  constructor(subgraph: SocketSubgraph, given: Partial<SubgraphSocketLimits> = {}) {
    this.#subgraph = subgraph;
    this.#limits = { ...subgraphSocketLimits, ...given };
    this.#server = transportServer(this.#limits.frameBytes);
    this.#pinging = setInterval(() => this.#ping(), this.#limits.pingMs);
    this.#pinging.unref();
  }

  /** Handles an upgrade request. Browsers send the origin of a page, and no page may subscribe to a subgraph. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (request.url !== "/graphql") return refuseUpgrade(stream, "404 Not Found");
    if (request.headers.origin !== undefined) return refuseUpgrade(stream, "403 Forbidden");
    if (this.#isClosing || this.#sockets.size >= this.#limits.sockets)
      return refuseUpgrade(stream, "503 Service Unavailable");
    this.#server.handleUpgrade(request, stream, head, (ws) => this.#opened(ws, request.socket.remoteAddress));
  }

  /** Notifies all sockets that the subgraph stops; resolves when they are closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#pinging);
    for (const socket of this.#sockets.values()) socket.close();
    await closeHandshakes(this.#sockets.keys());
  }

  #opened(ws: WebSocket, remoteAddress: string | undefined): void {
    // For an invalid or too large frame, `ws` closes the socket with its own code, and emits the error here.
    ws.on("error", () => undefined);
    this.#sockets.set(ws, new SubgraphSocket(ws, this.#subgraph, { limits: this.#limits, remoteAddress }));
    ws.once("close", () => this.#sockets.delete(ws));
    ws.on("pong", () => this.#silent.delete(ws));
    if (ws.protocol !== subprotocol) ws.close(...protocolCloseCodes.wrongProtocol);
  }

  #ping(): void {
    for (const ws of this.#sockets.keys()) {
      if (this.#silent.has(ws)) {
        ws.terminate();
        continue;
      }
      this.#silent.add(ws);
      ws.ping();
    }
  }
}
