import type { EmittedEvent } from "./emitted-event.ts";

const most = 256;
const mostCharacters = 512 * 1024;

/** The newest events of a subscription, so that a client that reconnects soon receives them without a new subscription to the subgraph. */
export class ReplayBuffer {
  #events: EmittedEvent[] = [];
  #characters = 0;
  /** The position before the oldest of them. */
  #start: string | undefined;

  /** @param start the position after which the first event will come */
  constructor(start: string | undefined) {
    this.#start = start;
  }

  /** The position of the newest event, or the start position without any. */
  get head(): string | undefined {
    return this.#events.at(-1)?.position ?? this.#start;
  }

  add(event: EmittedEvent): void {
    this.#events.push(event);
    this.#characters += event.head?.length ?? 0;
    while (this.#events.length > most || (this.#characters > mostCharacters && this.#events.length > 1)) {
      const oldest = this.#events.shift();
      if (!oldest) return;
      this.#characters -= oldest.head?.length ?? 0;
      this.#start = oldest.position;
    }
  }

  /** Returns the events after a position; undefined when the position is not known here. */
  after(position: string): readonly EmittedEvent[] | undefined {
    if (position === this.#start) return this.#events;
    const index = this.#events.findLastIndex((event) => event.position === position);
    return index < 0 ? undefined : this.#events.slice(index + 1);
  }
}
