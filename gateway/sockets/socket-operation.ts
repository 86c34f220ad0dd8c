import { SpanKind } from "@opentelemetry/api";
import { requestSpan } from "#lib/observability/tracing.ts";
import { completeMessage, errorMessage, nextMessages, pingMessage } from "#lib/transport-ws/messages.ts";
import { answerErrors, refusal } from "../requests/answer-errors.ts";
import { haveSameRights } from "../authentication/same-rights.ts";
import type { Gateway, GatewayContext } from "../gateway.ts";
import type { GraphQLRequest } from "../requests/graphql-request.ts";
import { Subscriber } from "../subscriptions/stream.ts";
import { textOf, type EmittedEvent } from "../subscriptions/emitted-event.ts";
import type { Outgoing } from "./outgoing.ts";

export interface OperationDependencies {
  gateway: Gateway;
  outgoing: Outgoing;
  context(): GatewayContext;
  /** @throws PublicError when its user may send no more operations now, or there is no capacity */
  admit(): Promise<void>;
  over(): void;
}

/** One operation of a socket, until it is complete. */
export class SocketOperation extends Subscriber {
  /** The position of the subscription, as far as its events were sent or queued. */
  cursor: string | undefined;
  readonly #id: string;
  readonly #request: GraphQLRequest;
  readonly #dependencies: OperationDependencies;
  readonly #nextMessage: (result: string) => string;
  #isOver = false;
  /** Counts the starts of the operation: the result of an earlier start is ignored. */
  #beginnings = 0;

  constructor(id: string, request: GraphQLRequest, dependencies: OperationDependencies) {
    super();
    this.#id = id;
    this.#request = request;
    this.#dependencies = dependencies;
    this.#nextMessage = nextMessages(id);
  }

  /**
   * Starts the operation.
   * @param again with changed rights, from its current position
   */
  begin(again = false): void {
    if (again && !this.stream) return;
    this.leave();
    this.#beginnings += 1;
    const { extensions } = this.#request;
    const from = again && this.cursor !== undefined ? { ...extensions, after: this.cursor } : extensions;
    const context = this.#dependencies.context();
    const attributes = { "http.route": "/graphql", "novacron.request_id": context.requestId };
    requestSpan("WebSocket /graphql", { kind: SpanKind.SERVER, attributes }, () =>
      this.#begin({ ...this.#request, extensions: from }, context, this.#beginnings),
    ).catch((error: unknown) => this.#fail(refusal(error, context.requestId).body));
  }

  async #begin(request: GraphQLRequest, context: GatewayContext, beginning: number): Promise<void> {
    const { gateway, outgoing, admit } = this.#dependencies;
    const isMeant = () => !this.#isOver && beginning === this.#beginnings;
    if (beginning === 1) {
      try {
        await admit();
      } catch (error) {
        return this.#fail(refusal(error, context.requestId).body);
      }
      if (!isMeant()) return;
    }
    const begun = await gateway.subscribe(request, context, this);
    if (!isMeant()) return this.leave();
    if (!begun) {
      const { body, refused } = await gateway.execute(request, context);
      if (!isMeant()) return;
      if (refused !== undefined) return this.#fail(body);
      outgoing.send(this.#nextMessage(body.trimEnd()));
      return this.end();
    }
    if ("refused" in begun) return this.#fail(begun.refused.body);
    this.#announce(begun.cursor, beginning);
    // Checks the rights again if they changed during the start: the change could not restart an operation that had not started yet.
    if (!haveSameRights(context.identity, this.#dependencies.context().identity)) this.begin(true);
  }

  #announce(cursor: string | undefined, beginning: number): void {
    if (cursor === undefined) return;
    // Events that were sent in the meantime have a later cursor.
    this.cursor ??= cursor;
    if (beginning === 1) this.#dependencies.outgoing.send(pingMessage({ cursors: { [this.#id]: this.cursor } }));
  }

  get ready(): Promise<void> | undefined {
    return this.#dependencies.outgoing.ready;
  }

  emit(event: EmittedEvent): void {
    if (this.#isOver) return;
    this.cursor = event.cursor ?? this.cursor;
    if (event.head === undefined) return;
    this.#dependencies.outgoing.emit(this.#id, event, (emitted, dropped) =>
      this.#nextMessage(textOf(emitted, dropped)),
    );
  }

  end(errors?: readonly unknown[]): void {
    if (this.#isOver) return;
    if (errors)
      return this.#fail(JSON.stringify({ errors: answerErrors(errors, this.#dependencies.context().requestId) }));
    this.#over();
    this.#dependencies.outgoing.send(completeMessage(this.#id));
  }

  /** Stops the operation at the client's request. */
  stop(): void {
    this.#over();
  }

  #fail(body: string): void {
    this.#over();
    const { errors } = JSON.parse(body) as { errors: unknown };
    this.#dependencies.outgoing.send(errorMessage(this.#id, errors));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.leave();
    this.#dependencies.over();
  }
}
