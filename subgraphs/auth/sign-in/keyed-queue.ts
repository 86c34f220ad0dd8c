import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from "cockatiel";
import { PublicError } from "#lib/errors.ts";

/** Limits concurrent work per key. Work under one key waits for its turn; work under different keys does not wait for each other. */
export class KeyedQueue {
  readonly #byKey = new Map<string, { policy: BulkheadPolicy; users: number }>();
  readonly #limits: { atOnce: number; waiting: number };

  constructor(limits: { atOnce: number; waiting: number }) {
    this.#limits = limits;
  }

  /** @throws PublicError OVERLOADED when too many wait already */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#byKey.get(key) ?? { policy: bulkhead(this.#limits.atOnce, this.#limits.waiting), users: 0 };
    this.#byKey.set(key, turn);
    turn.users += 1;
    try {
      return await turn.policy.execute(work);
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new PublicError("OVERLOADED", "Too many attempts wait for their turn at this moment; try again.");
    } finally {
      turn.users -= 1;
      if (turn.users === 0) this.#byKey.delete(key);
    }
  }
}
