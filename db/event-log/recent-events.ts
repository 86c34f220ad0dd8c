import type { Event } from "#events/event.ts";

/**
 * The newest events of one log, in memory: what all followers of a process read from, so that the database is asked once. Holds
 * every event after `from`, and forgets the oldest when there are more than `capacity`.
 */
export class RecentEvents {
  readonly #capacity: number;
  #events: Event[] = [];
  #from: number;
  #head: { id: number; transaction: number };

  constructor(head: { id: number; transaction: number }, capacity: number) {
    this.#head = head;
    this.#from = head.id;
    this.#capacity = capacity;
  }

  /** The newest event that is known, or where the log stood before one was. */
  get head(): { id: number; transaction: number } {
    return this.#head;
  }

  /** Adds events that follow without a gap on those here; repeats are left out. Returns whether there was anything new. */
  add(events: readonly Event[]): boolean {
    const fresh = events.filter(({ id }) => id > this.#head.id);
    const last = fresh.at(-1);
    if (!last) return false;
    this.#events.push(...fresh);
    this.#head = { id: last.id, transaction: last.transaction };
    const excess = this.#events.length - this.#capacity;
    // In larger steps than one by one: moving what is left costs as much as there is.
    if (excess > this.#capacity / 4) {
      this.#from = this.#events[excess - 1]?.id ?? this.#from;
      this.#events.splice(0, excess);
    }
    return true;
  }

  /** Forgets everything: the log is read on from here. */
  restart(head: { id: number; transaction: number }): void {
    this.#events = [];
    this.#from = head.id;
    this.#head = head;
  }

  /** The events after an id, at most `limit`; undefined when some of them are no longer here. */
  after(id: number, limit: number): Event[] | undefined {
    if (id < this.#from) return undefined;
    if (id >= this.#head.id) return [];
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as Event).id > id) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low, low + limit);
  }
}
