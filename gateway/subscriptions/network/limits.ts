/** The limits of subscriptions to subgraphs over the network. Times are in milliseconds. */
export const networkLimits = {
  /** Until a connection is open and acknowledged. */
  openMs: 3_000,
  /** The interval of pings to a subgraph. A subgraph that sends nothing from one ping to the next is considered gone. */
  pingMs: 5_000,
  /** How long a connection without subscriptions is kept. */
  idleMs: 5_000,
  /** The largest size of one event: the same as of a response over HTTP. */
  eventBytes: 32 * 2 ** 20,
  /**
   * The events that may wait for each subscription. Beyond this limit the subscription stops, and resumes when they were taken. The limit is more than one
   * tick can bring (2 MiB), so that a consumer that takes events immediately is not considered slow while it catches up.
   */
  waitingEvents: 20_000,
  waitingBytes: 4 * 2 ** 20,
  /** The delay before a lost connection is opened again. It doubles each time, up to the longest; a random part of it is used, half of it or more. */
  shortestBackOffMs: 50,
  longestBackOffMs: 2_000,
  /** After this many consecutive attempts without an event the subscription ends: a subgraph that restarts is available again by then. */
  attempts: 20,
  /** The same for a request for the position: a client waits for it. */
  positionAttempts: 3,
  /** The time that such a request may take. */
  positionMs: 5_000,
};

export type NetworkLimits = Readonly<typeof networkLimits>;
