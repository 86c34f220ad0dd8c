import type { ToldEvent } from "../subscriptions/told-event.ts";
import type { SocketLimits } from "./socket-limits.ts";

/** Where text goes, and how much of it has not gone yet. */
export interface Wire {
  /** Characters or bytes that have not left. */
  readonly buffered: number;
  /** @param gone called when it has left */
  write(text: string, gone: () => void): void;
}

export interface OutgoingListener {
  /** More waits than is kept. */
  tooSlow(): void;
  /** An event took the place of one that waited. */
  replaced?(): void;
}

interface Waiting {
  event: ToldEvent;
  dropped: number;
  text(event: ToldEvent, dropped: number): string;
  said?: () => void;
}

/**
 * What goes to one client. Beyond what may be on its way events wait here: of those of which only the newest counts the newest, and every one of
 * the others, until they are too many.
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

  /** Undefined when nothing waits; otherwise resolves when nothing does any more. */
  get ready(): Promise<void> | undefined {
    return this.#waiting.size === 0 ? undefined : new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** What has its place after the events that wait. @param said called when it is on its way */
  say(text: string, said: () => void = () => undefined): void {
    if (this.#waiting.size === 0 && this.#wire.buffered < this.#limits.onTheWay) {
      this.#wire.write(text, this.#gone);
      return said();
    }
    this.#count += 1;
    const event = { position: undefined, cursor: undefined, replaces: undefined, dropped: 0, head: text };
    this.#wait(String(this.#count), { event, dropped: 0, text: () => text, said });
  }

  /** What overtakes the events that wait. A client that does not read what it requests in this way is too slow as well. */
  sayNow(text: string): void {
    if (this.#wire.buffered > this.#limits.onTheWay + this.#limits.waitingCharacters) return this.#on.tooSlow();
    this.#wire.write(text, this.#gone);
  }

  /** @param subscription by which events are told apart that replace others */
  tell(subscription: string, event: ToldEvent, text: Waiting["text"]): void {
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

  /** Drops what waits: nobody reads it any more. */
  clear(): void {
    this.#waiting.clear();
    this.#characters = 0;
    this.#tellEmpty();
  }

  #wait(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    this.#characters += lengthOf(waiting.event);
    const { waitingEvents, waitingCharacters } = this.#limits;
    if (this.#waiting.size > waitingEvents || this.#characters > waitingCharacters) this.#on.tooSlow();
  }

  #flush(): void {
    for (const [key, { event, dropped, text, said }] of this.#waiting) {
      if (this.#wire.buffered >= this.#limits.onTheWay) return;
      this.#waiting.delete(key);
      this.#characters -= lengthOf(event);
      this.#wire.write(text(event, dropped), this.#gone);
      said?.();
    }
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

const lengthOf = ({ head }: ToldEvent): number => head?.length ?? 0;
