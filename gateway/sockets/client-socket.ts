import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { subscriberExists } from "#lib/transport-ws/close-codes.ts";
import { connectionAck, pingMessage, pongMessage } from "#lib/transport-ws/messages.ts";
import type { Client, Identity } from "#lib/trust/request-context.ts";
import { haveSameRights } from "../authentication/same-rights.ts";
import type { Gateway, GatewayContext } from "../gateway.ts";
import type { GraphQLRequest } from "../requests/graphql-request.ts";
import { type ClientMessage, clientMessage } from "./client-message.ts";
import { closeCodes, type CloseReason } from "./close-codes.ts";
import type { Credentials, Holder, Shown } from "./credentials.ts";
import type { ConnectionObserver } from "./observer.ts";
import { Outgoing } from "./outgoing.ts";
import { credentialIn, withoutCredential } from "./payload-credential.ts";
import { SocketOperation } from "./socket-operation.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface SocketDependencies {
  gateway: Gateway;
  credentials: Credentials;
  limits: SocketLimits;
  /** Accepts anonymous clients. */
  anonymous: boolean;
  requestTimeoutMs: number;
  /** Returns whether a user may have one more socket. */
  admit(identity: Identity, socket: ClientSocket): boolean;
  /**
   * Checks whether one more operation can be executed now.
   * @throws PublicError OVERLOADED
   */
  admitOperation(): void;
  observer: ConnectionObserver;
  /** @param reason why it was closed; `gone` when the client disconnected */
  closed(socket: ClientSocket, reason: CloseReason | "gone"): void;
}

/** Information about the client from the HTTP request that became a socket. */
export interface Upgraded {
  client: Client;
  authorization: string | undefined;
}

/** The socket of one client: graphql-transport-ws, with a cursor in each event and in each ping. */
export class ClientSocket implements Holder {
  readonly #ws: WebSocket;
  readonly #dependencies: SocketDependencies;
  readonly #upgraded: Upgraded;
  readonly #outgoing: Outgoing;
  readonly #operations = new Map<string, SocketOperation>();
  readonly #gone = new AbortController();
  readonly #initTimer: NodeJS.Timeout;
  #isInitialising = false;
  #identity: Identity | undefined;
  #unanswered = 0;

  constructor(ws: WebSocket, upgraded: Upgraded, dependencies: SocketDependencies) {
    this.#ws = ws;
    this.#upgraded = upgraded;
    this.#dependencies = dependencies;
    const wire = {
      get buffered() {
        return ws.bufferedAmount;
      },
      write: (text: string, gone: () => void) => ws.send(text, gone),
    };
    this.#outgoing = new Outgoing(wire, dependencies.limits, {
      tooSlow: () => this.close("tooSlow"),
      replaced: () => dependencies.observer.onReplaced?.(),
    });
    this.#initTimer = setTimeout(() => this.close("initTimeout"), dependencies.limits.initMs).unref();
    ws.on("message", (data, isBinary) => this.#receive(isBinary ? undefined : clientMessage(String(data))));
    ws.on("error", () => ws.terminate());
    ws.on("close", () => this.#end("gone"));
  }

  /** Checks whether the client is still there, and sends it the cursor of each subscription. */
  ping(): void {
    if (!this.#identity) return;
    // The answer to one ping may be on its way; with two unanswered pings the client is gone.
    if (this.#unanswered >= 2) return this.close("unanswered");
    this.#unanswered += 1;
    const cursors: Record<string, string> = {};
    for (const [id, { cursor }] of this.#operations) if (cursor !== undefined) cursors[id] = cursor;
    this.#outgoing.send(pingMessage({ cursors }));
  }

  close(reason: CloseReason, text: string = closeCodes[reason][1]): void {
    this.#outgoing.clear();
    this.#ws.close(closeCodes[reason][0], text);
    // A client that does not read does not complete the close handshake either.
    if (reason === "tooSlow" || reason === "unanswered") setTimeout(() => this.#ws.terminate(), 1_000).unref();
    this.#end(reason);
  }

  /** Updates the identity of a credential; running operations continue with its current rights. */
  confirmed(identity: Identity): void {
    const before = this.#identity;
    this.#identity = identity;
    if (before && !haveSameRights(before, identity))
      for (const operation of this.#operations.values()) operation.begin(true);
  }

  revoked(): void {
    this.close("forbidden");
  }

  unknown(): void {
    this.close("tryAgainLater");
  }

  #receive(message: ClientMessage | undefined): void {
    if (this.#gone.signal.aborted) return;
    switch (message?.type) {
      case "connection_init":
        return this.#attend(this.#init(message.payload ?? {}));
      case "ping":
        return this.#attend(this.#answerPing(message.payload ?? undefined));
      case "pong":
        this.#unanswered = 0;
        return;
      case "subscribe":
        return this.#subscribe(message.id, message.payload);
      case "complete":
        this.#operations.get(message.id)?.stop();
        return;
      case undefined:
        return this.close("badRequest");
    }
  }

  /** Closes this socket when the task fails: an unhandled rejection would end the process, and with it all sockets. */
  #attend(task: Promise<void>): void {
    task.catch((error: unknown) => {
      log.gateway.error({ err: error }, "a message of a socket failed");
      this.close("internalError");
    });
  }

  async #init(payload: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#isInitialising) return this.close("initRepeated");
    this.#isInitialising = true;
    const identity = await this.#identify(credentialIn(payload) ?? { authorization: this.#upgraded.authorization });
    if (!identity || this.#gone.signal.aborted) return;
    if (identity.kind === "anonymous" && !this.#dependencies.anonymous) return this.close("forbidden");
    if (!this.#dependencies.admit(identity, this)) return this.close("tooManySockets");
    clearTimeout(this.#initTimer);
    this.#become(identity);
    this.#outgoing.send(connectionAck);
  }

  async #answerPing(payload: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    const shown = this.#identity && payload && credentialIn(payload);
    if (shown) {
      const identity = await this.#identify(shown);
      if (!identity || !this.#identity || this.#gone.signal.aborted) return;
      const { id, tenantId } = this.#identity;
      if (identity.id !== id || identity.tenantId !== tenantId) return this.close("forbidden");
      this.#become(identity);
    }
    this.#outgoing.sendNow(pongMessage(payload && withoutCredential(payload)));
  }

  async #identify(shown: Shown): Promise<Identity | undefined> {
    try {
      return await this.#dependencies.credentials.identify(shown);
    } catch (error) {
      const isLater = error instanceof PublicError && ["AUTH_UNAVAILABLE", "RATE_LIMITED"].includes(error.code);
      this.close(isLater ? "tryAgainLater" : "forbidden");
      return undefined;
    }
  }

  #become(identity: Identity): void {
    const { credentials } = this.#dependencies;
    if (this.#identity) credentials.release(this.#identity, this);
    credentials.hold(identity, this);
    this.confirmed(identity);
  }

  #subscribe(id: string, payload: Extract<ClientMessage, { type: "subscribe" }>["payload"]): void {
    if (!this.#identity) return this.close("unauthorized");
    if (this.#operations.has(id)) return this.close("subscriberExists", subscriberExists(id));
    if (this.#operations.size >= this.#dependencies.limits.subscriptions) return this.close("tooManySubscriptions");
    const request: GraphQLRequest = {
      query: payload.query ?? undefined,
      operationName: payload.operationName ?? undefined,
      variables: payload.variables ?? undefined,
      extensions: payload.extensions ?? undefined,
      documentId: payload.documentId ?? undefined,
    };
    const operation = new SocketOperation(id, request, {
      gateway: this.#dependencies.gateway,
      outgoing: this.#outgoing,
      context: () => this.#context(),
      admit: () => this.#admit(),
      over: () => this.#operations.delete(id),
    });
    this.#operations.set(id, operation);
    operation.begin();
  }

  /**
   * Runs before each operation, as before each request.
   * @throws PublicError OVERLOADED, RATE_LIMITED, UNAUTHENTICATED, AUTH_UNAVAILABLE
   */
  async #admit(): Promise<void> {
    const { admitOperation, credentials } = this.#dependencies;
    admitOperation();
    if (this.#identity) await credentials.count(this.#identity);
  }

  #context(): GatewayContext {
    if (!this.#identity) throw new Error("The client has not been identified.");
    return {
      identity: this.#identity,
      client: this.#upgraded.client,
      requestId: randomUUID(),
      deadline: Date.now() + this.#dependencies.requestTimeoutMs,
      signal: this.#gone.signal,
    };
  }

  #end(reason: CloseReason | "gone"): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    clearTimeout(this.#initTimer);
    if (this.#identity) this.#dependencies.credentials.release(this.#identity, this);
    for (const operation of this.#operations.values()) operation.stop();
    this.#operations.clear();
    this.#dependencies.closed(this, reason);
  }
}
