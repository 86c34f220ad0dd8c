import type { ServerResponse } from "node:http";
import type { Identity } from "#lib/request-context.ts";
import { answerErrors } from "../answer-errors.ts";
import type { Gateway, GatewayContext } from "../create-gateway.ts";
import type { GraphQLAnswer, GraphQLRequest } from "../graphql-request.ts";
import { mayTheSame } from "../sockets/client-socket.ts";
import type { Credentials, Holder } from "../sockets/credentials.ts";
import { Outgoing } from "../sockets/outgoing.ts";
import type { SocketLimits } from "../sockets/socket-limits.ts";
import { Subscriber } from "../subscriptions/stream.ts";
import { textOf, type ToldEvent } from "../subscriptions/told-event.ts";

export interface EventStreamOptions {
  gateway: Gateway;
  credentials: Credentials;
  limits: SocketLimits;
  context: GatewayContext;
  authorization: string | undefined;
}

/**
 * One operation as server-sent events, as `graphql-sse` has them over a connection of its own: `next` for each answer, whose `id` is the cursor to come
 * back with, and `complete`.
 */
export class EventStream extends Subscriber implements Holder {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #outgoing: Outgoing;
  #pinging: NodeJS.Timeout | undefined;
  #hasTold = false;
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
    this.#outgoing = new Outgoing(wire, options.limits, () => response.destroy());
    response.once("close", () => this.#over());
  }

  /** @returns why there is no stream, when it is refused before it begins */
  async begin(request: GraphQLRequest): Promise<GraphQLAnswer | undefined> {
    const { gateway, context, credentials, authorization, limits } = this.#options;
    const begun = await gateway.subscribe(request, context, this);
    if (begun && "refused" in begun) return begun.refused;
    if (!begun) {
      const answer = await gateway.execute(request, context);
      if (answer.refused !== undefined) return answer;
      this.#outgoing.say(`event: next\ndata: ${answer.body.trimEnd()}\n\n`);
      this.end();
      return undefined;
    }
    if (this.#isOver) {
      this.leave();
      return undefined;
    }
    if (authorization !== undefined) credentials.hold(authorization, this);
    // What was missed may have been told already: where it began would send the client back.
    if (begun.cursor !== undefined && !this.#hasTold) this.#outgoing.say(`id: ${begun.cursor}\n\n`);
    else this.#begun();
    this.#pinging = setInterval(() => this.#outgoing.say(":\n\n"), limits.pingMs);
    return undefined;
  }

  get ready(): Promise<void> | undefined {
    return this.#outgoing.ready;
  }

  tell(event: ToldEvent): void {
    if (this.#isOver) return;
    this.#hasTold = true;
    if (event.head === undefined) {
      if (event.cursor !== undefined) this.#outgoing.say(`id: ${event.cursor}\n\n`);
      return;
    }
    this.#outgoing.tell("", event, (told, dropped) => {
      const id = told.cursor === undefined ? "" : `id: ${told.cursor}\n`;
      return `event: next\n${id}data: ${textOf(told, dropped)}\n\n`;
    });
  }

  end(errors?: readonly unknown[]): void {
    if (this.#isOver) return;
    const { requestId } = this.#options.context;
    if (errors)
      this.#outgoing.say(`event: next\ndata: ${JSON.stringify({ errors: answerErrors(errors, requestId) })}\n\n`);
    this.#over();
    this.#outgoing.say("event: complete\ndata:\n\n", () => this.#response.end());
  }

  /** With other rights the client comes back, from where it was. */
  confirmed(identity: Identity): void {
    if (!mayTheSame(this.#options.context.identity, identity)) this.close();
  }

  revoked(): void {
    this.close();
  }

  unknown(): void {
    this.close();
  }

  /** The client comes back with the id of the last event. */
  close(): void {
    this.#over();
    this.#response.end();
  }

  #begun(): ServerResponse {
    if (!this.#response.headersSent)
      this.#response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // For proxies that would gather it.
        "x-accel-buffering": "no",
      });
    return this.#response;
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pinging);
    const { authorization, credentials } = this.#options;
    if (authorization !== undefined) credentials.release(authorization, this);
    this.leave();
  }
}
