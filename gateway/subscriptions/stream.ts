import { randomUUID } from "node:crypto";
import { SpanKind } from "@opentelemetry/api";
import type { ExecutionResult } from "graphql";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/log.ts";
import { pause } from "#lib/pause.ts";
import type { Identity } from "#lib/request-context.ts";
import type { SubscriptionEvent } from "#lib/subscription.ts";
import { inTraceOf, requestSpan } from "#lib/tracing.ts";
import { answerErrors } from "../answer-errors.ts";
import { batchedCalls } from "../execution/batched-calls.ts";
import { callsOver } from "../execution/call-subgraph.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import { usedVariables } from "../execution/fetch-step.ts";
import { publicFailure } from "../transport/public-failures.ts";
import type { Transport } from "../transport/transport.ts";
import { cursorText } from "./cursor.ts";
import type { StreamObserver } from "./observer.ts";
import { RecentEvents } from "./recent-events.ts";
import type { SubscriptionSource } from "./source.ts";
import type { ToldEvent } from "./told-event.ts";

/** One who is told the events of a stream. What he does with one must not take long. */
export abstract class Subscriber {
  /** Where he is, while he is. */
  stream: Stream | undefined;

  abstract tell(event: ToldEvent): void;
  /** Nothing more comes: by the subgraph's own will, or because of these errors. */
  abstract end(errors?: readonly unknown[]): void;
  /** Undefined when he can be told more; otherwise resolves when he can. */
  abstract get ready(): Promise<void> | undefined;

  leave(): void {
    this.stream?.leave(this);
  }
}

/** What is followed, for all who ask the same and may see the same. */
export interface Followed {
  operation: CompiledOperation;
  variables: Readonly<Record<string, unknown>>;
  /** Who asks: somebody with a tenant and rights, or one user where what he is shown may be his alone. */
  identity: Identity;
}

export interface StreamDependencies {
  source: SubscriptionSource;
  transport: Transport;
  observer: StreamObserver;
}

export interface StreamListener {
  /** What the subgraph told at one moment was told to all. */
  told?(): void;
  /** The last subscriber has left. */
  idle(): void;
  ended(): void;
  /** Whether it waits for its subscribers: of one that all share, none may hold up the others. */
  waits(): boolean;
}

/** How many events are told before it is looked whether those who come from further back can follow, and how long it waits for them. */
const toldTogether = 32;
const waitingMs = 1_000;
/** What the rest of an operation may take for the events of one moment, in milliseconds. */
const eventTimeoutMs = 10_000;

/**
 * One subscription to a subgraph, and everybody who is told its events: for each event what remains of the operation is executed once, and its
 * text is made once.
 */
export class Stream {
  readonly #dependencies: StreamDependencies;
  readonly #subscribers = new Set<Subscriber>();
  readonly #recent: RecentEvents;
  readonly #on: StreamListener;
  #followed: Followed;
  #following = new AbortController();
  #ended = false;

  /** @param start the position to begin after; undefined of a subgraph that has none */
  constructor(followed: Followed, start: string | undefined, dependencies: StreamDependencies, on: StreamListener) {
    this.#followed = followed;
    this.#dependencies = dependencies;
    this.#recent = new RecentEvents(start);
    this.#on = on;
    void this.#run();
  }

  get subgraph(): string {
    return this.#followed.operation.followed?.serviceName ?? "";
  }

  get isIdle(): boolean {
    return this.#subscribers.size === 0;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Where it stands. */
  get head(): string | undefined {
    return this.#recent.head;
  }

  /** The cursor of where it stands. */
  cursorAt(position: string | undefined): string | undefined {
    return position === undefined
      ? undefined
      : cursorText(this.#followed.identity.tenantId, { [this.subgraph]: position });
  }

  /**
   * Tells a subscriber what came after a position, and all that comes.
   * @returns false when what came after it is no longer known here
   */
  join(subscriber: Subscriber, after = this.head): boolean {
    const missed = after === undefined ? [] : this.#recent.after(after);
    if (!missed || this.#ended) return false;
    subscriber.stream = this;
    this.#subscribers.add(subscriber);
    for (const event of missed) subscriber.tell(event);
    return true;
  }

  leave(subscriber: Subscriber): void {
    subscriber.stream = undefined;
    if (this.#subscribers.delete(subscriber) && this.isIdle) this.#on.idle();
  }

  /** Moves everybody here to another stream of the same that has come as far. @returns false when it has not */
  moveTo(other: Stream): boolean {
    const { head } = this;
    if (head === undefined || !other.#knows(head)) return false;
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of subscribers) other.join(subscriber, head);
    return true;
  }

  #knows(position: string): boolean {
    return !this.#ended && this.#recent.after(position) !== undefined;
  }

  /** Goes on with the same operation over another supergraph, from where it is. */
  replan(operation: CompiledOperation): void {
    const before = this.#followed.operation.followed;
    this.#followed = { ...this.#followed, operation };
    const now = operation.followed;
    if (before?.operation !== now?.operation || before?.serviceName !== now?.serviceName) this.#following.abort();
  }

  /** Ends for all of them. */
  end(errors?: readonly unknown[]): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#following.abort();
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of subscribers) {
      subscriber.stream = undefined;
      subscriber.end(errors);
    }
    this.#on.ended();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#ended) {
        await this.#follow();
        // Another plan follows it in another way; otherwise the subgraph has nothing more to say.
        if (!this.#following.signal.aborted) break;
        this.#following = new AbortController();
      }
      this.end();
    } catch (error) {
      this.end([subscriptionFailure(this.subgraph, error)]);
    }
  }

  async #follow(): Promise<void> {
    const { operation, variables, identity } = this.#followed;
    const fetch = operation.followed;
    if (!fetch) throw new Error("This operation follows nothing.");
    const { signal } = this.#following;
    const { numbersOf } = operation;
    const request = { query: fetch.operation, variables: usedVariables(fetch, variables), after: this.head, numbersOf };
    const context = { identity, requestId: randomUUID(), deadline: Date.now() + eventTimeoutMs };
    const { source, observer } = this.#dependencies;
    for await (const batch of source.subscribe(fetch.serviceName, request, context, signal)) {
      // What comes later comes again after a change of plans: it begins where this has come to.
      if (signal.aborted) return;
      for (let from = 0; from < batch.length; from += toldTogether) {
        const together = batch.slice(from, from + toldTogether);
        for (const event of await eventsSpan(fetch.serviceName, together, () => this.#told(together, operation))) {
          if (signal.aborted) return;
          this.#recent.add(event);
          if (event.head !== undefined) observer.onTold?.(this.#subscribers.size);
          for (const subscriber of this.#subscribers) subscriber.tell(event);
        }
        this.#on.told?.();
        if (this.#on.waits()) await this.#subscribersReady(signal);
      }
    }
  }

  async #subscribersReady(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#subscribers].flatMap(({ ready }) => ready ?? []);
    if (waiting.length > 0) await pause(waitingMs, signal, Promise.all(waiting));
  }

  /** What remains of the operation is asked of each subgraph once for all events of a batch. */
  #told(batch: readonly SubscriptionEvent[], operation: CompiledOperation): Promise<ToldEvent[]> {
    const { variables, identity } = this.#followed;
    const requestId = randomUUID();
    const context = { identity, requestId, deadline: Date.now() + eventTimeoutMs };
    const calls = callsOver(this.#dependencies.transport, context, this.#following.signal, { fresh: true });
    const call = batch.length > 1 ? batchedCalls(calls) : calls;
    return Promise.all(
      batch.map(async ({ position, result, dropped = 0, replaces }) => ({
        position,
        cursor: this.cursorAt(position),
        replaces,
        dropped,
        head: result && (await headOf(operation, result, { variables, call, requestId })),
      })),
    );
  }
}

/** What the events of one moment cause is a trace of its own, and none of the client's who happened to subscribe first. */
const eventsSpan = <T>(subgraph: string, events: readonly SubscriptionEvent[], work: () => Promise<T>): Promise<T> => {
  const attributes = { "novacron.subgraph": subgraph, "novacron.events": events.length };
  return inTraceOf(undefined, () =>
    requestSpan(`events of ${subgraph}`, { kind: SpanKind.CONSUMER, attributes }, work),
  );
};

/** What a subscriber is told of why his subscription ends. */
export function subscriptionFailure(subgraph: string, error: unknown): PublicError {
  if (!(error instanceof PublicError)) return publicFailure(subgraph, error);
  return error.code === "POSITION_EXPIRED"
    ? new PublicError(
        "RESYNC_REQUIRED",
        "Events after this cursor are no longer kept: ask for what is now, and subscribe anew.",
      )
    : error;
}

async function headOf(
  operation: CompiledOperation,
  result: ExecutionResult,
  {
    variables,
    call,
    requestId,
  }: Pick<Followed, "variables"> & { call: ReturnType<typeof callsOver>; requestId: string },
): Promise<string> {
  try {
    const { json, errors } = await operation.executeEvent(result, variables, call);
    const told = errors.length > 0 ? `"errors":${JSON.stringify(answerErrors(errors, requestId))},` : "";
    return `{${told}"data":${json}`;
  } catch (error) {
    log.gateway.error({ err: error, requestId }, "an event of a subscription failed");
    return `{"errors":${JSON.stringify(answerErrors([error], requestId))},"data":null`;
  }
}
