import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { PublicError } from "#lib/errors.ts";
import { subprotocol } from "#lib/transport-ws/messages.ts";
import { closeHandshakes, refuseUpgrade, transportServer } from "#lib/transport-ws/server.ts";
import type { Client } from "#lib/trust/request-context.ts";
import type { Gateway } from "../gateway.ts";
import { requestUrl } from "../request-url.ts";
import { ClientSocket, type SocketDependencies } from "./client-socket.ts";
import { closeCodes } from "./close-codes.ts";
import type { ConnectionsByUser } from "./connections-by-user.ts";
import type { Credentials } from "./credentials.ts";
import type { ConnectionObserver } from "./observer.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface SocketServerOptions {
  gateway: Gateway;
  credentials: Credentials;
  users: ConnectionsByUser;
  limits: SocketLimits;
  anonymous: boolean;
  requestTimeoutMs: number;
  /** The largest size of an incoming frame. */
  maxFrameBytes: number;
  clientOf(request: IncomingMessage): Client;
  /**
   * Checks a request before it becomes a socket.
   * @throws PublicError FORBIDDEN, OVERLOADED
   */
  admit(request: IncomingMessage): void;
  /**
   * Checks an operation before it is executed.
   * @throws PublicError OVERLOADED
   */
  admitOperation(): void;
  observer: ConnectionObserver;
}

/** The sockets of one gateway. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #limits: SocketLimits;
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<ClientSocket>();
  /** Includes sockets whose close handshake is not complete. */
  readonly #open = new Set<WebSocket>();
  readonly #dependencies: SocketDependencies;
  readonly #pinging: NodeJS.Timeout;
  #toPing: ClientSocket[] = [];
  #slice = 0;
  #isClosing = false;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#server = transportServer(options.maxFrameBytes);
    this.#dependencies = {
      gateway: options.gateway,
      credentials: options.credentials,
      limits: this.#limits,
      anonymous: options.anonymous,
      requestTimeoutMs: options.requestTimeoutMs,
      admit: (identity, socket) => options.users.take(identity, socket),
      admitOperation: () => options.admitOperation(),
      observer: options.observer,
      closed: (socket, reason) => {
        if (this.#sockets.delete(socket)) options.observer.onClose?.("socket", reason);
        options.users.release(socket);
      },
    };
    // In slices, so that ten thousand pings are not sent at one moment.
    this.#pinging = setInterval(() => this.#pingSome(), this.#limits.pingMs / slices);
    this.#pinging.unref();
  }

  /** Handles an upgrade request. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    try {
      if (requestUrl(request)?.pathname !== "/graphql") return refuseUpgrade(stream, "404 Not Found");
      if (this.#isClosing || this.#sockets.size >= this.#limits.sockets) throw new PublicError("OVERLOADED", "");
      this.#options.admit(request);
    } catch (error) {
      const { code, message } = error instanceof PublicError ? error : { code: "", message: "" };
      return code === "FORBIDDEN"
        ? refuseUpgrade(stream, "403 Forbidden", message)
        : refuseUpgrade(stream, "503 Service Unavailable");
    }
    this.#server.handleUpgrade(request, stream, head, (ws) => this.#opened(ws, request));
  }

  /** Closes all sockets, some at a time: clients that are closed at different times reconnect at different times. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#pinging);
    const sockets = [...this.#sockets];
    const parts = Math.min(slices, sockets.length);
    for (let part = 0; part < parts; part += 1) {
      for (let index = part; index < sockets.length; index += parts) sockets[index]?.close("goingAway");
      if (part < parts - 1) await new Promise((resolve) => setTimeout(resolve, this.#limits.closingMs / parts));
    }
    await closeHandshakes(this.#open);
    this.#server.close();
  }

  #opened(ws: WebSocket, request: IncomingMessage): void {
    this.#open.add(ws);
    ws.once("close", () => this.#open.delete(ws));
    if (ws.protocol !== subprotocol) {
      ws.on("error", () => ws.terminate());
      return ws.close(...closeCodes.wrongProtocol);
    }
    const { authorization } = request.headers;
    this.#options.observer.onOpen?.("socket");
    this.#sockets.add(
      new ClientSocket(ws, { client: this.#options.clientOf(request), authorization }, this.#dependencies),
    );
  }

  #pingSome(): void {
    if (this.#slice === 0) this.#toPing = [...this.#sockets];
    const boundary = (slice: number) => Math.floor((slice * this.#toPing.length) / slices);
    for (const socket of this.#toPing.slice(boundary(this.#slice), boundary(this.#slice + 1)))
      if (this.#sockets.has(socket)) socket.ping();
    this.#slice = (this.#slice + 1) % slices;
  }
}

/** The number of parts into which work over all sockets is divided. */
const slices = 30;
