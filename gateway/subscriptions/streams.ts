import { PublicError } from "#lib/errors.ts";
import { stringifyJson } from "#lib/exact-json.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import { RequestErrors } from "../execution/request-errors.ts";
import { parseCursor } from "./cursor.ts";
import {
  type SharedSubscription,
  Stream,
  type StreamDependencies,
  type Subscriber,
  subscriptionFailure,
} from "./stream.ts";

/** How long a stream without subscribers continues, so that a client that lost its connection finds it again. */
const lingerMs = 30_000;
const mostStreams = 10_000;

/** A subscription request; its identity has an id where the events depend on the user. */
export interface RequestedSubscription extends Omit<SharedSubscription, "operation"> {
  /** The operation as planned for this identity. */
  operation: CompiledOperation;
  /** The supergraph of the plan: the one that the gateway served at the time of the request. */
  supergraph: object;
  /** The text and the operation name, with which it is planned again for another supergraph. */
  text: string;
  operationName: string | undefined;
  /** The cursor to resume from. */
  after?: unknown;
}

interface Served {
  supergraph: object;
  /** @throws RequestErrors, GraphQLError, PublicError for a subscription that no longer fits */
  plan(requested: RequestedSubscription): Promise<CompiledOperation>;
}

/** Returns a key that is equal for subscribers with the same request and the same rights. */
const keyOf = ({ text, operationName = "", variables, identity }: RequestedSubscription): string => {
  const { kind, id, tenantId, userTenantId = "", permissions } = identity;
  const rights = [kind, id, tenantId, userTenantId, ...permissions.toSorted()];
  return stringifyJson([rights, operationName, variables, text]) ?? "";
};

/**
 * The streams of one gateway: one for all subscribers with the same request and the same rights. A subscriber that resumes from an earlier position has a
 * separate stream, until that has reached the shared one. A subscriber to a subgraph without positions keeps a separate stream, which ends with its
 * subscriber. It is not known whether such a subgraph sends its state to each new subscription, or which position a stream has that is joined later.
 */
export class Streams {
  /** The supergraph that the gateway switched to, and how it plans subscriptions for it. */
  #served: Served | undefined;
  readonly #dependencies: StreamDependencies;
  /**
   * Streams that begin at the current position of their subgraph, or that have shown that they can be shared; undefined where the subgraph sends no
   * position.
   */
  readonly #shared = new Map<string, Promise<Stream | undefined>>();
  readonly #isShared = new WeakSet<Stream>();
  /** Streams of subgraphs that send no position. */
  readonly #isAlone = new WeakSet<Stream>();
  /** By the position where they began. */
  readonly #returning = new Map<string, Stream>();
  readonly #running = new Map<Stream, RequestedSubscription>();

  constructor(dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Sends a subscriber the events after its cursor, or from now on.
   * @returns the cursor where the subscription begins; undefined for a subgraph that cannot resume
   * @throws PublicError POSITION_INVALID, OVERLOADED, SUBGRAPH_UNAVAILABLE
   */
  async subscribe(requested: RequestedSubscription, subscriber: Subscriber): Promise<string | undefined> {
    const key = keyOf(requested);
    const subgraph = requested.operation.subscriptionFetch?.serviceName ?? "";
    const after = await this.#after(subgraph, requested);
    const shared = after === undefined ? await this.#fromNow(key, requested) : await this.#shared.get(key);
    if (shared?.join(subscriber, after)) return shared.cursorAt(after ?? shared.head);
    if (after === undefined && !shared) {
      const own = this.#begin(key, requested, undefined);
      this.#keepAlone(own);
      own.join(subscriber);
      return undefined;
    }
    const own = this.#from(key, requested, after);
    if (!own.join(subscriber, after)) this.#begin(key, requested, after).join(subscriber);
    return own.cursorAt(after);
  }

  /**
   * Plans every stream for another supergraph.
   * @returns a function that switches them, to be called when that supergraph is served; streams without a plan then end with their errors
   */
  async replanned(supergraph: object, plan: Served["plan"]): Promise<() => void> {
    const served = { supergraph, plan };
    const plans = new Map<Stream, () => void>();
    await Promise.all(
      [...this.#running].map(async ([stream, requested]) =>
        plans.set(stream, await this.#replanned(stream, requested, served)),
      ),
    );
    return () => {
      this.#served = served;
      for (const [stream, requested] of this.#running) {
        const applyPlan = plans.get(stream);
        if (applyPlan) applyPlan();
        // This stream began while the others were planned.
        else void this.#catchUp(stream, requested, served);
      }
    };
  }

  async #replanned(
    stream: Stream,
    requested: RequestedSubscription,
    { supergraph, plan }: Served,
  ): Promise<() => void> {
    try {
      const operation = await plan(requested);
      return () => {
        this.#running.set(stream, { ...requested, supergraph, operation });
        stream.replan(operation);
      };
    } catch (error) {
      return () => stream.end(error instanceof RequestErrors ? error.errors : [error]);
    }
  }

  async #catchUp(stream: Stream, requested: RequestedSubscription, served: Served): Promise<void> {
    const applyPlan = await this.#replanned(stream, requested, served);
    // When a newer supergraph is served, the stream was planned for that one with all others.
    if (this.#served === served && this.#running.has(stream)) applyPlan();
  }

  stop(): void {
    for (const stream of this.#running.keys()) stream.end();
  }

  /**
   * Returns the position of the subgraph in the subscriber's cursor; undefined where the subscription begins now.
   * @throws PublicError POSITION_INVALID
   */
  async #after(subgraph: string, requested: RequestedSubscription): Promise<string | undefined> {
    if (requested.after === undefined) return undefined;
    const after = parseCursor(requested.identity.tenantId, requested.after)[subgraph];
    // No cursor has a position of a subgraph that cannot resume. For another subgraph, to begin now would lose the events since the cursor.
    if (after === undefined && (await this.#positionOf(subgraph, requested)) !== undefined)
      throw new PublicError("POSITION_INVALID", "This cursor belongs to another subscription.");
    return after;
  }

  async #positionOf(subgraph: string, { identity }: RequestedSubscription): Promise<string | undefined> {
    const context = { identity, requestId: "", deadline: Date.now() + 5_000 };
    try {
      return await this.#dependencies.source.position(subgraph, context, new AbortController().signal);
    } catch (error) {
      throw subscriptionFailure(subgraph, error);
    }
  }

  /**
   * Returns the stream of subscribers that begin at the current position of their subgraph.
   * @returns undefined for a subgraph without positions
   */
  async #fromNow(key: string, requested: RequestedSubscription): Promise<Stream | undefined> {
    const known = this.#shared.get(key);
    if (known) return known;
    const subgraph = requested.operation.subscriptionFetch?.serviceName ?? "";
    const beginning = this.#positionOf(subgraph, requested).then((position) =>
      position === undefined ? undefined : this.#shareNow(this.#begin(key, requested, position)),
    );
    return this.#offer(key, beginning);
  }

  /** Lets others join a stream, if it begins successfully. */
  async #offer(key: string, beginning: Promise<Stream | undefined>): Promise<Stream | undefined> {
    this.#shared.set(key, beginning);
    let stream: Stream | undefined;
    try {
      stream = await beginning;
      return stream;
    } finally {
      if (!stream && this.#shared.get(key) === beginning) this.#shared.delete(key);
    }
  }

  /** Returns the stream of clients that reconnect from the same position; there are many of them after an outage of a gateway. */
  #from(key: string, requested: RequestedSubscription, after: string | undefined): Stream {
    const place = `${key} ${after}`;
    const known = this.#returning.get(place);
    if (known && !known.hasEnded) return known;
    const stream = this.#begin(key, requested, after, () => this.#returning.delete(place));
    this.#returning.set(place, stream);
    return stream;
  }

  #begin(
    key: string,
    requested: RequestedSubscription,
    start: string | undefined,
    onEnd: () => void = () => undefined,
  ): Stream {
    if (this.#running.size >= mostStreams)
      throw new PublicError("OVERLOADED", "The gateway has its maximum number of subscriptions; try again later.");
    const stream: Stream = new Stream(requested, start, this.#dependencies, {
      emitted: () => void this.#share(key, stream, requested),
      waits: () => !this.#isShared.has(stream),
      idle: () => {
        if (this.#isAlone.has(stream)) return stream.end();
        setTimeout(() => {
          if (stream.isIdle) stream.end();
        }, lingerMs).unref();
      },
      ended: () => {
        onEnd();
        this.#running.delete(stream);
        this.#dependencies.observer.onStream?.(-1);
        void this.#forget(key, stream);
      },
    });
    this.#running.set(stream, requested);
    this.#dependencies.observer.onStream?.(1);
    // A request from before a change of supergraphs may begin after it.
    if (this.#served && this.#served.supergraph !== requested.supergraph)
      void this.#catchUp(stream, requested, this.#served);
    return stream;
  }

  /** Merges a stream that began at an earlier position into the shared one when it has reached that, or makes it the shared one. */
  async #share(key: string, stream: Stream, requested: RequestedSubscription): Promise<void> {
    if (this.#isAlone.has(stream)) return;
    const shared = this.#shared.get(key);
    if (!shared) {
      // Its events have positions. But only the subgraph's own position shows that a subscriber that joins later misses no state.
      const position = this.#positionOf(stream.subgraph, requested);
      const offered = position.then((known) =>
        known === undefined ? this.#keepAlone(stream) : this.#shareNow(stream),
      );
      await this.#offer(key, offered).catch(() => undefined);
      return;
    }
    const other = await shared.catch(() => undefined);
    if (other && other !== stream && !stream.hasEnded && stream.moveTo(other)) stream.end();
  }

  #keepAlone(stream: Stream): undefined {
    this.#isAlone.add(stream);
  }

  #shareNow(stream: Stream): Stream {
    this.#isShared.add(stream);
    return stream;
  }

  async #forget(key: string, stream: Stream): Promise<void> {
    const shared = this.#shared.get(key);
    if (shared && (await shared.catch(() => undefined)) === stream && this.#shared.get(key) === shared)
      this.#shared.delete(key);
  }
}
