import { RequestErrors } from "../execution/request-errors.ts";
import type { CompiledOperation } from "../execution/compile-operation.ts";
import type { RequestedSubscription } from "./requested-subscription.ts";
import type { Stream } from "./stream.ts";

/**
 * Plans a running subscription for another supergraph.
 * @throws RequestErrors, GraphQLError, PublicError for a subscription that no longer fits
 */
export type PlanSubscription = (requested: RequestedSubscription) => Promise<CompiledOperation>;

/** A supergraph, and how subscriptions are planned for it. */
interface Served {
  supergraph: object;
  plan: PlanSubscription;
}

/** The running streams of one gateway, each planned for the supergraph that the gateway serves. */
export class RunningStreams {
  /** The supergraph that the gateway switched to; undefined before the first switch. */
  #served: Served | undefined;
  readonly #running = new Map<Stream, RequestedSubscription>();

  get size(): number {
    return this.#running.size;
  }

  add(stream: Stream, requested: RequestedSubscription): void {
    this.#running.set(stream, requested);
    // A request from before a change of supergraphs may begin after it.
    if (this.#served && this.#served.supergraph !== requested.supergraph)
      void this.#catchUp(stream, requested, this.#served);
  }

  delete(stream: Stream): void {
    this.#running.delete(stream);
  }

  end(): void {
    for (const stream of this.#running.keys()) stream.end();
  }

  /**
   * Plans every stream for another supergraph.
   * @returns a function that switches them, to be called when that supergraph is served; streams without a plan then end with their errors
   */
  async replanned(supergraph: object, plan: PlanSubscription): Promise<() => void> {
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
}
