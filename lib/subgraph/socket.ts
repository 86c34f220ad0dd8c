import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { CallerKey } from "../trust/call-keys.ts";
import { PublicError } from "../errors.ts";
import { log } from "../observability/log.ts";
import type { Current } from "../replaceable.ts";
import { goingAway, protocolCloseCodes, subscriberExists } from "../transport-ws/close-codes.ts";
import {
  clientMessages,
  completeMessage,
  connectionAck,
  errorMessage,
  nextMessages,
  parseMessage,
  pongMessage,
  type SubscribePayload,
  subscribePayload,
} from "../transport-ws/messages.ts";
import { verifySubscription } from "../trust/signed-subscription.ts";
import type { SubgraphSocketLimits } from "./socket-limits.ts";
import type { Subscribable, SubscriptionEvent, SubscriptionRequest } from "../live/subscription.ts";

const messages = clientMessages(subscribePayload);

export interface SocketSubgraph {
  /** The name of the subgraph. */
  name: string;
  subscriptions: Subscribable;
  callers: Current<readonly CallerKey[]>;
}

/** One connection of a gateway: the subscriptions of all its tenants, each signed separately. */
export class SubgraphSocket {
  readonly #ws: WebSocket;
  readonly #subgraph: SocketSubgraph;
  readonly #limits: SubgraphSocketLimits;
  readonly #remoteAddress: string | undefined;
  readonly #running = new Map<string, AbortController>();
  readonly #waiting: (() => void)[] = [];
  #isInitialised = false;
  #isGateway = false;

  constructor(
    ws: WebSocket,
    subgraph: SocketSubgraph,
    { limits, remoteAddress }: { limits: SubgraphSocketLimits; remoteAddress: string | undefined },
  ) {
    this.#ws = ws;
    this.#subgraph = subgraph;
    this.#limits = limits;
    this.#remoteAddress = remoteAddress;
    const late = setTimeout(() => {
      if (!this.#isGateway) ws.close(...protocolCloseCodes.initTimeout);
    }, limits.initMs);
    ws.on("message", (data) => this.#receive(String(data)));
    ws.once("close", () => {
      clearTimeout(late);
      this.#end();
    });
  }

  /** Closes the connection; the subscriptions end without a message, so that the gateway resumes them elsewhere. */
  close(): void {
    this.#end();
    this.#ws.close(...goingAway);
  }

  #receive(text: string): void {
    const message = parseMessage(messages, text);
    switch (message?.type) {
      case "connection_init":
        if (this.#isInitialised) return this.#ws.close(...protocolCloseCodes.initRepeated);
        this.#isInitialised = true;
        return this.#send(connectionAck);
      case "ping":
        return this.#send(pongMessage());
      case "pong":
        return;
      case "complete":
        this.#running.get(message.id)?.abort();
        this.#running.delete(message.id);
        return;
      case "subscribe":
        if (!this.#isInitialised) return this.#ws.close(...protocolCloseCodes.unauthorized);
        if (this.#running.has(message.id))
          return this.#ws.close(protocolCloseCodes.subscriberExists[0], subscriberExists(message.id));
        void this.#run(message.id, message.payload);
        return;
      case undefined:
        return this.#ws.close(...protocolCloseCodes.badRequest);
    }
  }

  async #run(id: string, payload: SubscribePayload): Promise<void> {
    const ending = new AbortController();
    const { signal } = ending;
    const nextMessage = nextMessages(id);
    try {
      if (this.#running.size >= this.#limits.subscriptions)
        throw new PublicError("OVERLOADED", "This connection has the maximum number of subscriptions.");
      this.#running.set(id, ending);
      for await (const event of this.#events(payload, signal)) {
        if (signal.aborted) return;
        this.#send(nextMessage(JSON.stringify(payloadOf(event))));
        await this.#hasCapacity();
      }
      if (!signal.aborted) this.#send(completeMessage(id));
    } catch (error) {
      if (signal.aborted) return;
      const described = this.#publicError(error);
      const extensions = { ...described.details, code: described.code };
      const errors = [{ message: described.message, extensions }];
      this.#send(errorMessage(id, errors));
    } finally {
      // A later subscription may have the same id by now.
      if (this.#running.get(id) === ending) this.#running.delete(id);
    }
  }

  async *#events(payload: SubscribePayload, signal: AbortSignal): AsyncGenerator<SubscriptionEvent> {
    const { name, subscriptions, callers } = this.#subgraph;
    const { query, variables, extensions } = payload;
    const { after } = extensions ?? {};
    const request: SubscriptionRequest = {
      query,
      variables: variables ?? undefined,
      after: typeof after === "string" ? after : undefined,
    };
    const verified = verifySubscription(callers.current(), name, extensions ?? {}, request);
    if ("refused" in verified) {
      const { refused: reason } = verified;
      log.subgraph.warn({ subgraph: name, reason, remoteAddress: this.#remoteAddress }, "a subscription was refused");
      throw new PublicError("UNAUTHENTICATED", "This service answers signed subscriptions only.");
    }
    this.#isGateway = true;
    // The first position is sent, so that nothing is lost when the connection breaks before the first event.
    if (request.after === undefined) yield { position: (request.after = await subscriptions.position(signal)) };
    if (query === "") return;
    for await (const batch of subscriptions.subscribe(request, verified.context, signal)) yield* batch;
  }

  #publicError(error: unknown): PublicError {
    if (error instanceof PublicError) return error;
    const requestId = randomUUID();
    log.subgraph.error({ err: error, subgraph: this.#subgraph.name, requestId }, "a subscription failed");
    return new PublicError("INTERNAL_SERVER_ERROR", `The service failed (request ${requestId}).`, { requestId });
  }

  #send(text: string): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(text, this.#onSent);
  }

  /** Waits while the gateway reads more slowly than events arrive: no events are read in the meantime. */
  async #hasCapacity(): Promise<void> {
    if (this.#ws.readyState !== this.#ws.OPEN || this.#ws.bufferedAmount < this.#limits.bufferedBytes) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  readonly #onSent = (): void => {
    if (this.#ws.bufferedAmount >= this.#limits.bufferedBytes) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  };

  #end(): void {
    for (const ending of this.#running.values()) ending.abort();
    this.#running.clear();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const payloadOf = ({ result, position, dropped, replaces }: SubscriptionEvent) => ({
  ...result,
  extensions: { ...result?.extensions, position, dropped, replaces },
});
