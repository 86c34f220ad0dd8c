import type { Event, EventSource } from "#events/event.ts";

/**
 * What a relay announces: the events of a log between `after` and `last`, without a gap. Where a bus takes only ids, `events` is missing, and the receiver
 * reads them from the log.
 */
export interface Announcement {
  source: EventSource;
  /** The id of the log, as in a position. */
  log: string;
  /** The id that the relay had announced before. A receiver that has read less has missed an announcement. */
  after: number;
  last: number;
  events?: readonly Event[] | undefined;
}

export interface AnnouncementListener {
  onAnnouncement(announcement: Announcement): void;
  /** Called when the bus begins to receive announcements, also after an interruption. */
  listening(): void;
}

/**
 * Wakes the followers of a log and brings them the events of its relay. Announcements may be lost, repeated and late. Followers find gaps by `after`, and also
 * poll the log from time to time.
 */
export interface EventBus {
  readonly name: "in-process" | "notify" | "redis";
  /** Sends an announcement. @throws when it could not be sent; the relay continues */
  announce(announcement: Announcement): Promise<void>;
  /**
   * Passes each announcement about these logs to `listener` until the signal aborts. Never rejects: a bus that fails retries by itself.
   * @param logs the ids of the logs
   */
  listen(
    logs: Readonly<Partial<Record<EventSource, string>>>,
    listener: AnnouncementListener,
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether announcements are likely to arrive. Followers poll the log more often while they are not. */
  readonly healthy: boolean;
  close(): Promise<void>;
}
