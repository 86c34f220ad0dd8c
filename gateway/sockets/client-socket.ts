import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { PublicError } from "#lib/errors.ts";
import type { Client, Identity } from "#lib/request-context.ts";
import { answerErrors } from "../answer-errors.ts";
import type { Gateway, GatewayContext } from "../create-gateway.ts";
import type { GraphQLRequest } from "../graphql-request.ts";
import { Subscriber } from "../subscriptions/stream.ts";
import { textOf, type ToldEvent } from "../subscriptions/told-event.ts";
import { type ClientMessage, clientMessage } from "./client-message.ts";
import { closeCodes, type CloseReason } from "./close-codes.ts";
import type { Credentials, Holder } from "./credentials.ts";
import { Outgoing } from "./outgoing.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface SocketDependencies {
  gateway: Gateway;
  credentials: Credentials;
  limits: SocketLimits;
  /** Lets in who has not said who he is. */
  anonymous: boolean;
  requestTimeoutMs: number;
  /** Whether a user may have one more socket. */
  admit(identity: Identity, socket: ClientSocket): boolean;
  closed(socket: ClientSocket): void;
}

/** What the HTTP request that became a socket said of its client. */
export interface Upgraded {
  client: Client;
  authorization: string | undefined;
}

/** One client's socket: graphql-transport-ws, with a cursor in each event and in each ping. */
export class ClientSocket implements Holder {
  readonly #ws: WebSocket;
  readonly #dependencies: SocketDependencies;
  readonly #upgraded: Upgraded;
  readonly #outgoing: Outgoing;
  readonly #operations = new Map<string, Running>();
  readonly #gone = new AbortController();
  readonly #initTimer: NodeJS.Timeout;
  #isInitialising = false;
  #identity: Identity | undefined;
  #authorization: string | undefined;
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
    this.#outgoing = new Outgoing(wire, dependencies.limits, () => this.close("tooSlow"));
    this.#initTimer = setTimeout(() => this.close("initTimeout"), dependencies.limits.initMs).unref();
    ws.on("message", (data, isBinary) => this.#hear(isBinary ? undefined : clientMessage(String(data))));
    ws.on("error", () => ws.terminate());
    ws.on("close", () => this.#end());
  }

  /** Asks whether the client is there, and tells him where each subscription stands. */
  ping(): void {
    if (!this.#identity) return;
    // One that has not been answered may be on its way; of two he is not there.
    if (this.#unanswered >= 2) return this.close("unanswered");
    this.#unanswered += 1;
    const cursors: Record<string, string> = {};
    for (const [id, { cursor }] of this.#operations) if (cursor !== undefined) cursors[id] = cursor;
    this.#outgoing.say(JSON.stringify({ type: "ping", payload: { cursors } }));
  }

  close(reason: CloseReason): void {
    const [code, text] = closeCodes[reason];
    this.#outgoing.clear();
    this.#ws.close(code, text);
    // Who does not read does not say goodbye either.
    if (reason === "tooSlow" || reason === "unanswered") setTimeout(() => this.#ws.terminate(), 1_000).unref();
    this.#end();
  }

  confirmed(identity: Identity): void {
    const before = this.#identity;
    this.#identity = identity;
    if (before && !mayTheSame(before, identity)) for (const running of this.#operations.values()) running.begin(true);
  }

  revoked(): void {
    this.close("forbidden");
  }

  unknown(): void {
    this.close("tryAgainLater");
  }

  #hear(message: ClientMessage | undefined): void {
    if (this.#gone.signal.aborted) return;
    switch (message?.type) {
      case "connection_init":
        return void this.#init(message.payload ?? {});
      case "ping":
        return void this.#answerPing(message.payload ?? {});
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

  async #init(payload: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#isInitialising) return this.close("initRepeated");
    this.#isInitialising = true;
    const authorization = authorizationIn(payload) ?? this.#upgraded.authorization;
    const identity = await this.#identify(authorization);
    if (!identity || this.#gone.signal.aborted) return;
    if (identity.kind === "anonymous" && !this.#dependencies.anonymous) return this.close("forbidden");
    if (!this.#dependencies.admit(identity, this)) return this.close("tooManySockets");
    clearTimeout(this.#initTimer);
    this.#become(identity, authorization);
    this.#outgoing.say('{"type":"connection_ack"}');
  }

  async #answerPing(payload: Readonly<Record<string, unknown>>): Promise<void> {
    const authorization = this.#identity && authorizationIn(payload);
    if (authorization !== undefined) {
      const identity = await this.#identify(authorization);
      if (!identity || !this.#identity || this.#gone.signal.aborted) return;
      const { id, tenantId } = this.#identity;
      if (identity.id !== id || identity.tenantId !== tenantId) return this.close("forbidden");
      const before = this.#identity;
      this.#become(identity, authorization);
      if (!mayTheSame(before, identity)) for (const running of this.#operations.values()) running.begin(true);
    }
    this.#outgoing.sayNow('{"type":"pong"}');
  }

  async #identify(authorization: string | undefined): Promise<Identity | undefined> {
    try {
      return await this.#dependencies.credentials.identify(authorization);
    } catch (error) {
      const isLater = error instanceof PublicError && ["AUTH_UNAVAILABLE", "RATE_LIMITED"].includes(error.code);
      this.close(isLater ? "tryAgainLater" : "forbidden");
      return undefined;
    }
  }

  #become(identity: Identity, authorization: string | undefined): void {
    const { credentials } = this.#dependencies;
    if (this.#authorization !== undefined) credentials.release(this.#authorization, this);
    this.#identity = identity;
    this.#authorization = authorization;
    if (authorization !== undefined) credentials.hold(authorization, this);
  }

  #subscribe(id: string, payload: Extract<ClientMessage, { type: "subscribe" }>["payload"]): void {
    if (!this.#identity) return this.close("unauthorized");
    if (this.#operations.has(id)) return this.close("subscriberExists");
    if (this.#operations.size >= this.#dependencies.limits.subscriptions) return this.close("tooManySubscriptions");
    const request: GraphQLRequest = {
      query: payload.query ?? undefined,
      operationName: payload.operationName ?? undefined,
      variables: payload.variables ?? undefined,
      extensions: payload.extensions ?? undefined,
      documentId: payload.documentId ?? undefined,
    };
    const running = new Running(id, request, {
      gateway: this.#dependencies.gateway,
      outgoing: this.#outgoing,
      context: () => this.#context(),
      over: () => this.#operations.delete(id),
    });
    this.#operations.set(id, running);
    running.begin();
  }

  #context(): GatewayContext {
    if (!this.#identity) throw new Error("The client has not said who he is.");
    return {
      identity: this.#identity,
      client: this.#upgraded.client,
      requestId: randomUUID(),
      deadline: Date.now() + this.#dependencies.requestTimeoutMs,
      signal: this.#gone.signal,
    };
  }

  #end(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    clearTimeout(this.#initTimer);
    if (this.#authorization !== undefined) this.#dependencies.credentials.release(this.#authorization, this);
    for (const running of this.#operations.values()) running.stop();
    this.#operations.clear();
    this.#dependencies.closed(this);
  }
}

const authorizationIn = (payload: Readonly<Record<string, unknown>>): string | undefined => {
  const given = payload["authorization"] ?? payload["Authorization"];
  return typeof given === "string" ? given : undefined;
};

/** Whether two identities of one user may see the same. */
export const mayTheSame = (one: Identity, other: Identity): boolean =>
  one.permissions.length === other.permissions.length &&
  one.permissions.every((permission) => other.permissions.includes(permission)) &&
  one.tenantId === other.tenantId &&
  one.userTenantId === other.userTenantId;

interface RunningDependencies {
  gateway: Gateway;
  outgoing: Outgoing;
  context(): GatewayContext;
  over(): void;
}

/** One operation of a socket, until it is complete. */
class Running extends Subscriber {
  /** Where it stands, as far as its client has been told or will be. */
  cursor: string | undefined;
  readonly #id: string;
  readonly #request: GraphQLRequest;
  readonly #dependencies: RunningDependencies;
  readonly #prefix: string;
  #isOver = false;
  /** Counts how often it has begun: what an earlier beginning comes to is nobody's concern. */
  #beginnings = 0;

  constructor(id: string, request: GraphQLRequest, dependencies: RunningDependencies) {
    super();
    this.#id = id;
    this.#request = request;
    this.#dependencies = dependencies;
    this.#prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  }

  /** @param again with other rights, from where it is */
  begin(again = false): void {
    if (again && !this.stream) return;
    this.leave();
    this.#beginnings += 1;
    const { extensions } = this.#request;
    const from = again && this.cursor !== undefined ? { ...extensions, after: this.cursor } : extensions;
    void this.#begin({ ...this.#request, extensions: from }, this.#beginnings);
  }

  async #begin(request: GraphQLRequest, beginning: number): Promise<void> {
    const { gateway, outgoing } = this.#dependencies;
    const context = this.#dependencies.context();
    const isMeant = () => !this.#isOver && beginning === this.#beginnings;
    const begun = await gateway.subscribe(request, context, this);
    if (!isMeant()) return this.leave();
    if (!begun) {
      const { body, refused } = await gateway.execute(request, context);
      if (!isMeant()) return;
      if (refused !== undefined) return this.#fail(body);
      outgoing.say(`${this.#prefix}${body.trimEnd()}}`);
      return this.end();
    }
    if ("refused" in begun) return this.#fail(begun.refused.body);
    if (begun.cursor === undefined) return;
    // What was missed may have been told already: where it began would send the client back.
    this.cursor ??= begun.cursor;
    if (beginning === 1)
      outgoing.say(JSON.stringify({ type: "ping", payload: { cursors: { [this.#id]: this.cursor } } }));
  }

  get ready(): Promise<void> | undefined {
    return this.#dependencies.outgoing.ready;
  }

  tell(event: ToldEvent): void {
    if (this.#isOver) return;
    this.cursor = event.cursor ?? this.cursor;
    if (event.head === undefined) return;
    this.#dependencies.outgoing.tell(this.#id, event, (told, dropped) => `${this.#prefix}${textOf(told, dropped)}}`);
  }

  end(errors?: readonly unknown[]): void {
    if (this.#isOver) return;
    if (errors)
      return this.#fail(JSON.stringify({ errors: answerErrors(errors, this.#dependencies.context().requestId) }));
    this.#over();
    this.#dependencies.outgoing.say(JSON.stringify({ id: this.#id, type: "complete" }));
  }

  /** At the client's will. */
  stop(): void {
    this.#over();
  }

  #fail(body: string): void {
    this.#over();
    const { errors } = JSON.parse(body) as { errors: unknown };
    this.#dependencies.outgoing.say(JSON.stringify({ id: this.#id, type: "error", payload: errors }));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.leave();
    this.#dependencies.over();
  }
}
