import type { ServerResponse } from "node:http";
import type { Identity } from "#lib/trust/request-context.ts";
import { answerErrors } from "../requests/answer-errors.ts";
import { haveSameRights } from "../authentication/same-rights.ts";
import type { Gateway, GatewayContext } from "../gateway.ts";
import type { GraphQLAnswer, GraphQLRequest } from "../requests/graphql-request.ts";
import type { CloseReason } from "../sockets/close-codes.ts";
import type { Credentials, Holder } from "../sockets/credentials.ts";
import { Outgoing } from "../sockets/outgoing.ts";
import type { SocketLimits } from "../sockets/socket-limits.ts";
import type { ConnectionObserver } from "../sockets/observer.ts";
import { Subscriber } from "../subscriptions/stream.ts";
import { textOf, type EmittedEvent } from "../subscriptions/emitted-event.ts";

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // For proxies that would buffer the stream.
  "x-accel-buffering": "no",
};
const nextEvent = (body: string): string => `event: next\ndata: ${body.trimEnd()}\n\n`;
const completeEvent = "event: complete\ndata:\n\n";

/**
 * Responds with a stream that holds a refusal and nothing else. Clients of event streams do not read a response of another status or media type:
 * graphql-sse would retry without reporting why, and EventSource would stop without the reason.
 */
export function refuseStream(response: ServerResponse, { body }: GraphQLAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(200, streamHeaders).end(`${nextEvent(body)}${completeEvent}`);
}

export interface EventStreamOptions {
  gateway: Gateway;
  credentials: Credentials;
  limits: SocketLimits;
  observer: ConnectionObserver;
  context: GatewayContext;
}

/**
 * One operation as server-sent events, in the distinct connections mode of `graphql-sse`: `next` for each result, whose `id` is the cursor to resume from,
 * and `complete`.
 */
export class EventStream extends Subscriber implements Holder {
  /** Why the gateway closed the stream; `gone` when the client did. */
  closedFor: CloseReason | "gone" = "gone";
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #outgoing: Outgoing;
  #pinging: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    super();
    this.#response = response;
    this.#options = options;
    const wire = {
      get buffered() {
        return response.writableLength;
      },
      write: (text: string, gone: () => void) => void (this.#begun().destroyed || response.write(text, gone)),
    };
    this.#outgoing = new Outgoing(wire, options.limits, {
      tooSlow: () => {
        this.closedFor = "tooSlow";
        response.destroy();
      },
      replaced: () => options.observer.onReplaced?.(),
    });
    response.once("close", () => this.#over());
  }

  /**
   * Begins the stream.
   * @returns the refusal when there is no stream
   */
  async begin(request: GraphQLRequest): Promise<GraphQLAnswer | undefined> {
    const { gateway, context, credentials, limits } = this.#options;
    const begun = await gateway.subscribe(request, context, this);
    if (begun && "refused" in begun) return begun.refused;
    if (!begun) {
      const answer = await gateway.execute(request, context);
      if (answer.refused !== undefined) return answer;
      this.#outgoing.send(nextEvent(answer.body));
      this.end();
      return undefined;
    }
    if (this.#isOver) {
      this.leave();
      return undefined;
    }
    credentials.hold(context.identity, this);
    // When events were sent in the meantime, this cursor is behind them and is not sent.
    if (begun.cursor !== undefined && !this.#response.headersSent) this.#outgoing.send(`id: ${begun.cursor}\n\n`);
    else this.#begun();
    this.#pinging = setInterval(() => this.#outgoing.send(":\n\n"), limits.pingMs);
    return undefined;
  }

  get ready(): Promise<void> | undefined {
    return this.#outgoing.ready;
  }

  emit(event: EmittedEvent): void {
    if (this.#isOver) return;
    if (event.head === undefined) {
      if (event.cursor !== undefined) this.#outgoing.send(`id: ${event.cursor}\n\n`);
      return;
    }
    this.#outgoing.emit("", event, (emitted, dropped) => {
      const id = emitted.cursor === undefined ? "" : `id: ${emitted.cursor}\n`;
      return `event: next\n${id}data: ${textOf(emitted, dropped)}\n\n`;
    });
  }

  end(errors?: readonly unknown[]): void {
    if (this.#isOver) return;
    const { requestId } = this.#options.context;
    if (errors) this.#outgoing.send(nextEvent(JSON.stringify({ errors: answerErrors(errors, requestId) })));
    this.#over();
    this.#outgoing.send(completeEvent, () => this.#response.end());
  }

  /** After a change of rights the client reconnects and resumes at its last event. */
  confirmed(identity: Identity): void {
    if (!haveSameRights(this.#options.context.identity, identity)) this.close("forbidden");
  }

  revoked(): void {
    this.close("forbidden");
  }

  unknown(): void {
    this.close("tryAgainLater");
  }

  /** The client reconnects with the id of the last event. */
  close(reason: CloseReason): void {
    this.closedFor = reason;
    this.#over();
    this.#response.end();
  }

  #begun(): ServerResponse {
    if (!this.#response.headersSent) this.#response.writeHead(200, streamHeaders);
    return this.#response;
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pinging);
    const { context, credentials } = this.#options;
    credentials.release(context.identity, this);
    this.leave();
  }
}
