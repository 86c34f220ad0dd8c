import { randomUUID } from "node:crypto";
import { pause } from "#lib/pause.ts";
import type { Identity } from "#lib/trust/request-context.ts";
import type { SubscriptionEvent } from "#lib/live/subscription.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { batchedCalls } from "../execution/batched-calls.ts";
import { callsOver } from "../execution/call-subgraph.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import { usedVariables } from "../execution/fetch-step.ts";
import type { Transport } from "../transport/transport.ts";
import { cursorText } from "./cursor.ts";
import type { StreamObserver } from "./observer.ts";
import { eventsSpan, headOf } from "./event-execution.ts";
import { ReplayBuffer } from "./replay-buffer.ts";
import type { SubscriptionSource } from "./source.ts";
import type { EmittedEvent } from "./emitted-event.ts";
import { subscriptionFailure } from "./subscription-failure.ts";

/** A receiver of the events of a stream. Its work for one event must not take long. */
export abstract class Subscriber {
  /** The stream that it has joined, until it leaves. */
  stream: Stream | undefined;

  abstract emit(event: EmittedEvent): void;
  /** Ends the subscription: the subgraph ended it, or these errors did. */
  abstract end(errors?: readonly unknown[]): void;
  /** Undefined when it can receive more; otherwise resolves when it can. */
  abstract get ready(): Promise<void> | undefined;

  leave(): void {
    this.stream?.leave(this);
  }
}

/** A subscription that is shared by all subscribers with the same request and the same rights. */
export interface SharedSubscription {
  operation: CompiledOperation;
  variables: Variables;
  /** The identity of the subscription: a tenant and rights without a user, or one user where the events may depend on the user. */
  identity: Identity;
}

export interface StreamDependencies {
  source: SubscriptionSource;
  transport: Transport;
  observer: StreamObserver;
}

export interface StreamListener {
  /** The subgraph's events of one moment were sent to all subscribers. */
  emitted?(): void;
  /** The last subscriber has left. */
  idle(): void;
  ended(): void;
  /** Returns whether the stream waits for its subscribers: in a stream that all share, no subscriber may delay the others. */
  waits(): boolean;
}

/** How many events are sent before the stream checks whether subscribers that resume from an earlier position keep up, and how long it waits for them. */
const eventsAtOnce = 32;
const waitingMs = 1_000;
/** The time that the rest of an operation may take for the events of one moment, in milliseconds. */
const eventTimeoutMs = 10_000;

/**
 * One subscription to a subgraph, and all subscribers that receive its events. For each event, the rest of the operation is executed once, and its text is
 * created once.
 */
export class Stream {
  readonly #dependencies: StreamDependencies;
  readonly #subscribers = new Set<Subscriber>();
  readonly #replay: ReplayBuffer;
  readonly #on: StreamListener;
  #subscription: SharedSubscription;
  #following = new AbortController();
  #ended = false;

  /** @param start the position to begin after; undefined for a subgraph without positions */
  constructor(
    subscription: SharedSubscription,
    start: string | undefined,
    dependencies: StreamDependencies,
    on: StreamListener,
  ) {
    this.#subscription = subscription;
    this.#dependencies = dependencies;
    this.#replay = new ReplayBuffer(start);
    this.#on = on;
    void this.#run();
  }

  get subgraph(): string {
    return this.#subscription.operation.subscriptionFetch?.serviceName ?? "";
  }

  get isIdle(): boolean {
    return this.#subscribers.size === 0;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The current position. */
  get head(): string | undefined {
    return this.#replay.head;
  }

  /** Returns the cursor of a position. */
  cursorAt(position: string | undefined): string | undefined {
    return position === undefined
      ? undefined
      : cursorText(this.#subscription.identity.tenantId, { [this.subgraph]: position });
  }

  /**
   * Sends a subscriber the events after a position, and all later ones.
   * @returns false when the events after that position are no longer known here
   */
  join(subscriber: Subscriber, after = this.head): boolean {
    const missed = after === undefined ? [] : this.#replay.after(after);
    if (!missed || this.#ended) return false;
    subscriber.stream = this;
    this.#subscribers.add(subscriber);
    for (const event of missed) subscriber.emit(event);
    return true;
  }

  leave(subscriber: Subscriber): void {
    subscriber.stream = undefined;
    if (this.#subscribers.delete(subscriber) && this.isIdle) this.#on.idle();
  }

  /**
   * Moves all subscribers to another stream of the same subscription that has reached this position.
   * @returns false when it has not
   */
  moveTo(other: Stream): boolean {
    const { head } = this;
    if (head === undefined || !other.#knows(head)) return false;
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of subscribers) other.join(subscriber, head);
    return true;
  }

  #knows(position: string): boolean {
    return !this.#ended && this.#replay.after(position) !== undefined;
  }

  /** Continues the same operation over another supergraph, from its current position. */
  replan(operation: CompiledOperation): void {
    const before = this.#subscription.operation.subscriptionFetch;
    this.#subscription = { ...this.#subscription, operation };
    const now = operation.subscriptionFetch;
    if (before?.operation !== now?.operation || before?.serviceName !== now?.serviceName) this.#following.abort();
  }

  /** Ends the stream for all subscribers. */
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
        // After a change of plans the loop subscribes again; otherwise the subgraph has ended the subscription.
        if (!this.#following.signal.aborted) break;
        this.#following = new AbortController();
      }
      this.end();
    } catch (error) {
      this.end([subscriptionFailure(this.subgraph, error)]);
    }
  }

  async #follow(): Promise<void> {
    const { operation, variables, identity } = this.#subscription;
    const fetch = operation.subscriptionFetch;
    if (!fetch) throw new Error("This operation has no subscription at a subgraph.");
    const { signal } = this.#following;
    const { numbersOf } = operation;
    const request = { query: fetch.operation, variables: usedVariables(fetch, variables), after: this.head, numbersOf };
    const context = { identity, requestId: randomUUID(), deadline: Date.now() + eventTimeoutMs };
    const { source, observer } = this.#dependencies;
    for await (const batch of source.subscribe(fetch.serviceName, request, context, signal)) {
      // Later events will arrive again after a change of plans: the new subscription begins at the current position.
      if (signal.aborted) return;
      for (let from = 0; from < batch.length; from += eventsAtOnce) {
        const chunk = batch.slice(from, from + eventsAtOnce);
        for (const event of await eventsSpan(fetch.serviceName, chunk, () => this.#emittedEvents(chunk, operation))) {
          if (signal.aborted) return;
          this.#replay.add(event);
          if (event.head !== undefined) observer.onEmitted?.(this.#subscribers.size);
          for (const subscriber of this.#subscribers) subscriber.emit(event);
        }
        this.#on.emitted?.();
        if (this.#on.waits()) await this.#subscribersReady(signal);
      }
    }
  }

  async #subscribersReady(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#subscribers].flatMap(({ ready }) => ready ?? []);
    if (waiting.length > 0) await pause(waitingMs, signal, Promise.all(waiting));
  }

  /** Executes the rest of the operation with one call to each subgraph for all events of a batch. */
  #emittedEvents(batch: readonly SubscriptionEvent[], operation: CompiledOperation): Promise<EmittedEvent[]> {
    const { variables, identity } = this.#subscription;
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
