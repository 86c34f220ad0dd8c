import type { EmittedEvent } from "../subscriptions/emitted-event.ts";
import type { SocketLimits } from "./socket-limits.ts";

/** The destination of text, and the amount that has not been sent yet. */
export interface Wire {
  /** Characters or bytes that have not been sent. */
  readonly buffered: number;
  /** @param gone called when the text has been sent */
  write(text: string, gone: () => void): void;
}

export interface OutgoingListener {
  /** More events wait than are kept. */
  tooSlow(): void;
  /** An event replaced a waiting one. */
  replaced?(): void;
}

interface Waiting {
  event: EmittedEvent;
  dropped: number;
  text(event: EmittedEvent, dropped: number): string;
  onSent?: () => void;
}

/**
 * The queue of messages to one client. When too much is in flight, events wait here: of events that replace each other the newest, and every one of the
 * others, up to a limit.
 */
export class Outgoing {
  readonly #wire: Wire;
  readonly #limits: Pick<SocketLimits, "onTheWay" | "waitingEvents" | "waitingCharacters">;
  readonly #on: OutgoingListener;
  readonly #waiting = new Map<string, Waiting>();
  #characters = 0;
  #count = 0;
  #onEmpty: (() => void)[] = [];
  readonly #gone = () => this.#flush();

  constructor(
    wire: Wire,
    limits: Pick<SocketLimits, "onTheWay" | "waitingEvents" | "waitingCharacters">,
    on: OutgoingListener,
  ) {
    this.#wire = wire;
    this.#limits = limits;
    this.#on = on;
  }

  /** Undefined when nothing waits; otherwise resolves when the queue is empty. */
  get ready(): Promise<void> | undefined {
    return this.#waiting.size === 0 ? undefined : new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /**
   * Sends a text after the waiting events.
   * @param onSent called when the text is on its way
   */
  send(text: string, onSent: () => void = () => undefined): void {
    if (this.#waiting.size === 0 && this.#wire.buffered < this.#limits.onTheWay) {
      this.#wire.write(text, this.#gone);
      return onSent();
    }
    this.#count += 1;
    const event = { position: undefined, cursor: undefined, replaces: undefined, dropped: 0, head: text };
    this.#wait(String(this.#count), { event, dropped: 0, text: () => text, onSent });
  }

  /** Sends a text before the waiting events. A client that does not read the responses to its own messages is too slow as well. */
  sendNow(text: string): void {
    if (this.#wire.buffered > this.#limits.onTheWay + this.#limits.waitingCharacters) return this.#on.tooSlow();
    this.#wire.write(text, this.#gone);
  }

  /**
   * Sends an event, or queues it.
   * @param subscription distinguishes events of different subscriptions that replace others
   */
  emit(subscription: string, event: EmittedEvent, text: Waiting["text"]): void {
    if (this.#waiting.size === 0 && this.#wire.buffered < this.#limits.onTheWay)
      return this.#wire.write(text(event, event.dropped), this.#gone);
    this.#count += 1;
    const key = event.replaces === undefined ? String(this.#count) : `${subscription} ${event.replaces}`;
    const older = this.#waiting.get(key);
    if (older) {
      this.#waiting.delete(key);
      this.#characters -= lengthOf(older.event);
      this.#on.replaced?.();
    }
    const dropped = older ? older.dropped + 1 + event.dropped : event.dropped;
    this.#wait(key, { event, dropped, text });
  }

  /** Drops the waiting messages: no client will read them. */
  clear(): void {
    this.#waiting.clear();
    this.#characters = 0;
    this.#notifyEmpty();
  }

  #wait(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    this.#characters += lengthOf(waiting.event);
    const { waitingEvents, waitingCharacters } = this.#limits;
    if (this.#waiting.size > waitingEvents || this.#characters > waitingCharacters) this.#on.tooSlow();
  }

  #flush(): void {
    for (const [key, { event, dropped, text, onSent }] of this.#waiting) {
      if (this.#wire.buffered >= this.#limits.onTheWay) return;
      this.#waiting.delete(key);
      this.#characters -= lengthOf(event);
      this.#wire.write(text(event, dropped), this.#gone);
      onSent?.();
    }
    this.#notifyEmpty();
  }

  #notifyEmpty(): void {
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

const lengthOf = ({ head }: EmittedEvent): number => head?.length ?? 0;
