import { PublicError } from "#lib/errors.ts";
import { stringifyJson } from "#lib/exact-json.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import { RequestErrors } from "../execution/request-errors.ts";
import { parseCursor } from "./cursor.ts";
import { type Followed, Stream, type StreamDependencies, type Subscriber, subscriptionFailure } from "./stream.ts";

/** How long a stream that nobody is told any more goes on, so that who has lost his connection finds it again. */
const lingerMs = 30_000;
const mostStreams = 10_000;

/** What somebody subscribes to; his identity has an id where it makes a difference. */
export interface Asked extends Omit<Followed, "operation"> {
  /** As it is planned for him. */
  operation: CompiledOperation;
  /** What it is planned for: whatever the gateway served when he asked. */
  supergraph: object;
  /** The text and the name by which it is planned anew for another supergraph. */
  text: string;
  operationName: string | undefined;
  /** The cursor to go on from. */
  after?: unknown;
}

interface Served {
  supergraph: object;
  /** @throws RequestErrors, GraphQLError, PublicError for what no longer fits */
  plan(asked: Asked): Promise<CompiledOperation>;
}

/** Equal for those who ask the same and may see the same. */
const keyOf = ({ text, operationName = "", variables, identity }: Asked): string => {
  const { kind, id, tenantId, userTenantId = "", permissions } = identity;
  const rights = [kind, id, tenantId, userTenantId, ...permissions.toSorted()];
  return stringifyJson([rights, operationName, variables, text]) ?? "";
};

/**
 * The streams of one gateway: one for all subscribers that ask the same and may see the same. Who comes from further back has one of his own, until
 * that has come as far. A subscriber to a subgraph without positions keeps a stream of its own, and that ends with its subscriber: nobody knows whether
 * such a subgraph sends its state to each new subscription, or where a stream that is joined later stands.
 */
export class Streams {
  /** What the gateway went over to, and how it plans for it. */
  #served: Served | undefined;
  readonly #dependencies: StreamDependencies;
  /** Those that begin where their subgraph is, or have shown that they could begin where they did; undefined where the subgraph tells no position. */
  readonly #shared = new Map<string, Promise<Stream | undefined>>();
  readonly #isShared = new WeakSet<Stream>();
  /** Those of subgraphs that tell no position. */
  readonly #isAlone = new WeakSet<Stream>();
  /** By where they began. */
  readonly #returning = new Map<string, Stream>();
  readonly #running = new Map<Stream, Asked>();

  constructor(dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Tells a subscriber the events after his cursor, or from now on.
   * @returns the cursor where he begins; undefined of a subgraph that cannot resume
   * @throws PublicError POSITION_INVALID, OVERLOADED, SUBGRAPH_UNAVAILABLE
   */
  async subscribe(asked: Asked, subscriber: Subscriber): Promise<string | undefined> {
    const key = keyOf(asked);
    const subgraph = asked.operation.followed?.serviceName ?? "";
    const after = await this.#after(subgraph, asked);
    const shared = after === undefined ? await this.#fromNow(key, asked) : await this.#shared.get(key);
    if (shared?.join(subscriber, after)) return shared.cursorAt(after ?? shared.head);
    if (after === undefined && !shared) {
      const own = this.#begin(key, asked, undefined);
      this.#keepAlone(own);
      own.join(subscriber);
      return undefined;
    }
    const own = this.#from(key, asked, after);
    if (!own.join(subscriber, after)) this.#begin(key, asked, after).join(subscriber);
    return own.cursorAt(after);
  }

  /**
   * Plans every stream for another supergraph.
   * @returns what makes them go by it, from when it is served; those that have no plan any more end with their errors
   */
  async replanned(supergraph: object, plan: Served["plan"]): Promise<() => void> {
    const served = { supergraph, plan };
    const plans = new Map<Stream, () => void>();
    await Promise.all(
      [...this.#running].map(async ([stream, asked]) =>
        plans.set(stream, await this.#replanned(stream, asked, served)),
      ),
    );
    return () => {
      this.#served = served;
      for (const [stream, asked] of this.#running) {
        const goBy = plans.get(stream);
        if (goBy) goBy();
        // It began while the others were planned.
        else void this.#catchUp(stream, asked, served);
      }
    };
  }

  async #replanned(stream: Stream, asked: Asked, { supergraph, plan }: Served): Promise<() => void> {
    try {
      const operation = await plan(asked);
      return () => {
        this.#running.set(stream, { ...asked, supergraph, operation });
        stream.replan(operation);
      };
    } catch (error) {
      return () => stream.end(error instanceof RequestErrors ? error.errors : [error]);
    }
  }

  async #catchUp(stream: Stream, asked: Asked, served: Served): Promise<void> {
    const goBy = await this.#replanned(stream, asked, served);
    // Over the next one it has been planned with all the others.
    if (this.#served === served && this.#running.has(stream)) goBy();
  }

  stop(): void {
    for (const stream of this.#running.keys()) stream.end();
  }

  /** What the subscriber's cursor says of the subgraph; undefined where he begins now. @throws PublicError POSITION_INVALID */
  async #after(subgraph: string, asked: Asked): Promise<string | undefined> {
    if (asked.after === undefined) return undefined;
    const after = parseCursor(asked.identity.tenantId, asked.after)[subgraph];
    // Of a subgraph that cannot resume no cursor says anything. Of another to begin now would be to lose what came since.
    if (after === undefined && (await this.#positionOf(subgraph, asked)) !== undefined)
      throw new PublicError("POSITION_INVALID", "This cursor is of another subscription.");
    return after;
  }

  async #positionOf(subgraph: string, { identity }: Asked): Promise<string | undefined> {
    const context = { identity, requestId: "", deadline: Date.now() + 5_000 };
    try {
      return await this.#dependencies.source.position(subgraph, context, new AbortController().signal);
    } catch (error) {
      throw subscriptionFailure(subgraph, error);
    }
  }

  /** The stream of those who begin where their subgraph is. @returns undefined of a subgraph that does not tell where it is */
  async #fromNow(key: string, asked: Asked): Promise<Stream | undefined> {
    const known = this.#shared.get(key);
    if (known) return known;
    const subgraph = asked.operation.followed?.serviceName ?? "";
    const beginning = this.#positionOf(subgraph, asked).then((position) =>
      position === undefined ? undefined : this.#shareNow(this.#begin(key, asked, position)),
    );
    return this.#offer(key, beginning);
  }

  /** Has others join a stream, if there comes to be one. */
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

  /** The stream of those who come back from the same position, of whom there are many when a gateway was away. */
  #from(key: string, asked: Asked, after: string | undefined): Stream {
    const place = `${key} ${after}`;
    const known = this.#returning.get(place);
    if (known && !known.hasEnded) return known;
    const stream = this.#begin(key, asked, after, () => this.#returning.delete(place));
    this.#returning.set(place, stream);
    return stream;
  }

  #begin(key: string, asked: Asked, start: string | undefined, onEnd: () => void = () => undefined): Stream {
    if (this.#running.size >= mostStreams)
      throw new PublicError("OVERLOADED", "The gateway follows as much as it can; try again later.");
    const stream: Stream = new Stream(asked, start, this.#dependencies, {
      told: () => void this.#share(key, stream, asked),
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
    this.#running.set(stream, asked);
    this.#dependencies.observer.onStream?.(1);
    // Who asked before the gateway went over to another supergraph may be served after it.
    if (this.#served && this.#served.supergraph !== asked.supergraph) void this.#catchUp(stream, asked, this.#served);
    return stream;
  }

  /** A stream that began further back goes up in the one that all share when it has come as far, or becomes that. */
  async #share(key: string, stream: Stream, asked: Asked): Promise<void> {
    if (this.#isAlone.has(stream)) return;
    const shared = this.#shared.get(key);
    if (!shared) {
      // Its events have positions; that nobody else's state is lost by joining it, only the subgraph's own position says.
      const position = this.#positionOf(stream.subgraph, asked);
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
