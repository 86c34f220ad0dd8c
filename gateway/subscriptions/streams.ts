import { PublicError } from "#lib/errors.ts";
import { positionFor, positionIn } from "./positions.ts";
import { type RequestedSubscription, sharingKey } from "./requested-subscription.ts";
import { type PlanSubscription, RunningStreams } from "./running-streams.ts";
import { Stream, type StreamDependencies, type Subscriber } from "./stream.ts";

/** How long a stream without subscribers continues, so that a client that lost its connection finds it again. */
const lingerMs = 30_000;
const mostStreams = 10_000;

/**
 * The streams of one gateway: one for all subscribers with the same request and the same rights. A subscriber that resumes from an earlier position has a
 * separate stream, until that has reached the shared one. A subscriber to a subgraph without positions keeps a separate stream, which ends with its
 * subscriber. It is not known whether such a subgraph sends its state to each new subscription, or which position a stream has that is joined later.
 */
export class Streams {
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
  readonly #running = new RunningStreams();

  constructor(dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Sends a subscriber the events after its cursor, or from now on.
   * @returns the cursor where the subscription begins; undefined for a subgraph that cannot resume
   * @throws PublicError POSITION_INVALID, OVERLOADED, SUBGRAPH_UNAVAILABLE
   */
  async subscribe(requested: RequestedSubscription, subscriber: Subscriber): Promise<string | undefined> {
    const key = sharingKey(requested);
    const subgraph = requested.operation.subscriptionFetch?.serviceName ?? "";
    const after = await positionIn(this.#dependencies.source, subgraph, requested);
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
  replanned(supergraph: object, plan: PlanSubscription): Promise<() => void> {
    return this.#running.replanned(supergraph, plan);
  }

  stop(): void {
    this.#running.end();
  }

  /**
   * Returns the stream of subscribers that begin at the current position of their subgraph.
   * @returns undefined for a subgraph without positions
   */
  async #fromNow(key: string, requested: RequestedSubscription): Promise<Stream | undefined> {
    const known = this.#shared.get(key);
    if (known) return known;
    const subgraph = requested.operation.subscriptionFetch?.serviceName ?? "";
    const beginning = positionFor(this.#dependencies.source, subgraph, requested).then((position) =>
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
    this.#running.add(stream, requested);
    this.#dependencies.observer.onStream?.(1);
    return stream;
  }

  /** Merges a stream that began at an earlier position into the shared one when it has reached that, or makes it the shared one. */
  async #share(key: string, stream: Stream, requested: RequestedSubscription): Promise<void> {
    if (this.#isAlone.has(stream)) return;
    const shared = this.#shared.get(key);
    if (!shared) {
      // Its events have positions. But only the subgraph's own position shows that a subscriber that joins later misses no state.
      const position = positionFor(this.#dependencies.source, stream.subgraph, requested);
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
