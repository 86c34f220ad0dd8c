import type { Event } from "#events/event.ts";

/**
 * The newest events of one log, in memory. All followers of a process read from it, so that the database is queried once. Holds every event after `from`, and
 * removes the oldest when there are more than `capacity`.
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

  /** The newest known event, or the position of the log before any event was known. */
  get head(): { id: number; transaction: number } {
    return this.#head;
  }

  /** Adds events that follow those here without a gap. Drops repeats. Returns whether any event was new. */
  add(events: readonly Event[]): boolean {
    const fresh = events.filter(({ id }) => id > this.#head.id);
    const last = fresh.at(-1);
    if (!last) return false;
    this.#events.push(...fresh);
    this.#head = { id: last.id, transaction: last.transaction };
    const excess = this.#events.length - this.#capacity;
    // Removed in larger steps than one by one: the cost of moving the rest grows with its length.
    if (excess > this.#capacity / 4) {
      this.#from = this.#events[excess - 1]?.id ?? this.#from;
      this.#events.splice(0, excess);
    }
    return true;
  }

  /** Removes all events. The log is read on from here. */
  restart(head: { id: number; transaction: number }): void {
    this.#events = [];
    this.#from = head.id;
    this.#head = head;
  }

  /** Returns the events after an id, at most `limit`; undefined when some of them are no longer here. */
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
