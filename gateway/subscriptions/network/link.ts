import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { WebSocket } from "ws";
import type { ExactNumbers } from "#lib/exact-json.ts";
import type { SubscriptionRequest } from "#lib/live/subscription.ts";
import {
  completeMessage,
  connectionInit,
  parseMessage,
  pingMessage,
  pongMessage,
  serverMessages,
  subprotocol,
  type SubscribePayload,
  subscribeMessage,
} from "#lib/transport-ws/messages.ts";
import { closeHandshakes } from "#lib/transport-ws/server.ts";
import { CallFailure } from "../../transport/call-failure.ts";
import type { NetworkLimits } from "./limits.ts";

/** The receiver of one subscription. After `complete`, `fail` and `broken` it receives nothing more. */
export interface Listener {
  /** Finds the numbers in an event's data whose digits must be kept. */
  readonly numbersOf: SubscriptionRequest["numbersOf"];
  /** @param bytes the size of its message */
  next(payload: ExecutionResult, bytes: number): void;
  complete(): void;
  fail(errors: readonly GraphQLFormattedError[]): void;
  /** The connection is lost. */
  broken(): void;
}

/**
 * One connection to a subgraph, in graphql-transport-ws, from its opening to its end. The client of graphql-ws resubscribes by itself with the original
 * payload, and so with a cursor and a signature that are too old. This class therefore has its own connections.
 */
export class Link {
  /** Resolves when the subgraph has acknowledged the connection. Rejects with CallFailure "unreachable". */
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  isOver = false;
  /** Whether it has delivered an event. */
  wasUseful = false;
  /** The error that broke it, if there was one. */
  error: Error | undefined;
  readonly #ws: WebSocket;
  readonly #limits: NetworkLimits;
  readonly #onOver: (link: Link, broke: boolean) => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #takeTooLong: NodeJS.Timeout;
  #pinging: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #hasReceived = true;
  #count = 0;
  #taken: () => void = () => undefined;

  /** @param onOver called before its listeners are notified; `broke` when it was not closed on this side */
  constructor(url: string, limits: NetworkLimits, onOver: (link: Link, broke: boolean) => void) {
    this.#limits = limits;
    this.#onOver = onOver;
    this.#ws = new WebSocket(url, subprotocol, {
      maxPayload: limits.eventBytes,
      perMessageDeflate: false,
    });
    this.closed = new Promise((resolve) => this.#ws.once("close", () => resolve()));
    this.opened = new Promise((resolve, reject) => {
      this.#taken = resolve;
      void this.closed.then(() =>
        reject(new CallFailure("unreachable", `${url} cannot be followed.`, { cause: this.error })),
      );
    });
    this.opened.catch(() => undefined);
    this.#takeTooLong = setTimeout(() => this.#ws.terminate(), limits.openMs);
    this.#ws.on("error", (problem: Error) => (this.error = problem));
    this.#ws.once("open", () => this.#send(connectionInit));
    this.#ws.on("message", (data: Buffer) => this.#receive(data));
    this.#ws.once("close", () => this.#end(true));
  }

  /**
   * Subscribes on an open connection.
   * @returns a function that ends the subscription; it notifies the subgraph unless the subgraph has ended it
   */
  subscribe(payload: SubscribePayload, listener: Listener): () => void {
    if (this.isOver) {
      listener.broken();
      return () => undefined;
    }
    clearTimeout(this.#idle);
    this.#count += 1;
    const id = String(this.#count);
    this.#listeners.set(id, listener);
    this.#send(subscribeMessage(id, payload));
    return () => {
      if (!this.#listeners.has(id)) return;
      this.#send(completeMessage(id));
      this.#forget(id);
    };
  }

  /** Closes the connection with a close handshake; its listeners are notified immediately. */
  close(): void {
    this.#end(false);
    this.#ws.close(1000);
    void closeHandshakes([this.#ws]);
  }

  #receive(data: Buffer): void {
    this.#hasReceived = true;
    if (this.isOver) return;
    const message = parseMessage(serverMessages, data.toString(), (received) => this.#numbersOf(received));
    switch (message?.type) {
      case "connection_ack":
        clearTimeout(this.#takeTooLong);
        this.#pinging ??= setInterval(() => this.#ping(), this.#limits.pingMs);
        this.#closeWhenIdle();
        return this.#taken();
      case "ping":
        return this.#send(pongMessage());
      case "pong":
        return;
      case "next":
        this.wasUseful = true;
        return this.#listeners.get(message.id)?.next(message.payload, data.length);
      case "error":
        this.#listeners.get(message.id)?.fail(message.payload);
        return this.#forget(message.id);
      case "complete":
        this.#listeners.get(message.id)?.complete();
        return this.#forget(message.id);
      case undefined:
        return this.#ws.terminate();
    }
  }

  #numbersOf(message: unknown): ExactNumbers {
    const { id, payload } = (message ?? {}) as { id?: unknown; payload?: { data?: unknown } | null };
    return (typeof id === "string" && this.#listeners.get(id)?.numbersOf?.(payload?.data)) || "none";
  }

  #send(text: string): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(text);
  }

  #ping(): void {
    if (!this.#hasReceived) return this.#ws.terminate();
    this.#hasReceived = false;
    this.#send(pingMessage());
  }

  #forget(id: string): void {
    this.#listeners.delete(id);
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    clearTimeout(this.#idle);
    if (this.#listeners.size === 0 && !this.isOver) this.#idle = setTimeout(() => this.close(), this.#limits.idleMs);
  }

  #end(broke: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.#takeTooLong);
    clearTimeout(this.#idle);
    clearInterval(this.#pinging);
    this.#onOver(this, broke);
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.broken();
  }
}
