import type { Event, EventSource } from "#events/event.ts";

/**
 * What a relay tells: the events of a log between `after` and `last`, without a gap. Where a carrier takes ids only, `events` is missing
 * and whoever hears of it reads them.
 */
export interface Announcement {
  source: EventSource;
  /** Which log, as in a position. */
  log: string;
  /** The id that the relay had told before: whoever has read less has missed an announcement. */
  after: number;
  last: number;
  events?: readonly Event[] | undefined;
}

export interface Ears {
  hear(announcement: Announcement): void;
  /** From now on announcements are heard, after a time in which they were not. */
  listening(): void;
}

/**
 * How relays wake the followers of a log, and bring them its events. Announcements may be lost, repeated and come late: followers find
 * gaps by `after`, and look into the log from time to time without being told.
 */
export interface Carrier {
  readonly name: "in-process" | "notify" | "redis";
  /** @throws when it could not be handed over; the relay goes on */
  announce(announcement: Announcement): Promise<void>;
  /**
   * Tells `ears` of each announcement about these logs until the signal. Rejects never: a carrier that fails tries again by itself.
   * @param logs the ids of the logs
   */
  listen(logs: Readonly<Partial<Record<EventSource, string>>>, ears: Ears, signal: AbortSignal): Promise<void>;
  /** Whether announcements are likely to arrive: followers look into the log more often while they are not. */
  readonly healthy: boolean;
  close(): Promise<void>;
}
