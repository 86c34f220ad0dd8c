import type { ExecutionResult } from "graphql";
import { copyOf } from "./copy.ts";

interface Caller {
  resolve(answer: ExecutionResult): void;
  reject(error: unknown): void;
}

/**
 * A call in flight and the callers that wait for it. Each leaves at its own signal, whatever the inner transport does; the call itself is aborted when the
 * last caller has left.
 */
export class InFlightCall {
  readonly #begun = performance.now();
  readonly #deadline: number;
  readonly #controller = new AbortController();
  readonly #callers = new Set<Caller>();
  readonly #onEnd: () => void;

  /**
   * Starts the call.
   * @param deadline the deadline that the subgraph received, in milliseconds since the epoch
   * @param onEnd called when no more callers may join
   */
  constructor(
    carry: (signal: AbortSignal) => Promise<ExecutionResult>,
    deadline: number,
    onEnd: () => void = () => undefined,
  ) {
    this.#deadline = deadline;
    this.#onEnd = onEnd;
    carry(this.#controller.signal)
      .then((answer) => this.#end((caller, isFirst) => caller.resolve(isFirst ? answer : copyOf(answer))))
      .catch((error: unknown) => this.#end((caller) => caller.reject(error)));
  }

  isYoungerThan(milliseconds: number): boolean {
    return performance.now() - this.#begun < milliseconds;
  }

  /** Returns whether the subgraph has at least half of the time that this caller has. */
  hasTimeFor(deadline: number): boolean {
    const now = Date.now();
    return (this.#deadline - now) * 2 >= deadline - now;
  }

  /** Waits for the call. Rejects with the signal's reason at the signal. */
  join(signal: AbortSignal): Promise<ExecutionResult> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#callers.delete(caller);
        if (this.#callers.size === 0) this.#abandon(signal.reason);
        reject(signal.reason as Error);
      };
      const caller: Caller = {
        resolve: (answer) => {
          signal.removeEventListener("abort", leave);
          resolve(answer);
        },
        reject: (error) => {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
      };
      this.#callers.add(caller);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Settles all callers in one step: no caller can change its response before the others have theirs. */
  #end(settle: (caller: Caller, isFirst: boolean) => void): void {
    this.#onEnd();
    let isFirst = true;
    for (const caller of this.#callers) {
      settle(caller, isFirst);
      isFirst = false;
    }
    this.#callers.clear();
  }

  #abandon(reason: unknown): void {
    this.#onEnd();
    this.#controller.abort(reason);
  }
}
