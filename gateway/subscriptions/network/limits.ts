/** What the gateway holds subgraphs to that it follows over the network. Times are in milliseconds. */
export const networkLimits = {
  /** Until a connection is made and taken. */
  openMs: 3_000,
  /** How often a subgraph is asked whether it is there. One that says nothing from one time to the next is not. */
  pingMs: 5_000,
  /** How long a connection is kept that nobody follows anything on. */
  idleMs: 5_000,
  /** Of one event: as large as an answer over HTTP. */
  eventBytes: 32 * 2 ** 20,
  /**
   * Of events that have come and were not taken yet, per subscription: beyond it they are asked for again when these were taken. It is more than
   * one tick can bring (2 MiB), so that who takes them at once is not taken for slow while he catches up.
   */
  waitingEvents: 20_000,
  waitingBytes: 4 * 2 ** 20,
  /** Before a broken connection is made anew: twice as long each time, up to the longest; of that a random part, half of it or more. */
  shortestBackOffMs: 50,
  longestBackOffMs: 2_000,
  /** That many times in a row without an event, and a subscription is given up: a subgraph that was started anew is back by then. */
  attempts: 20,
  /** And so many, when it is asked where it stands: somebody waits for that. */
  positionAttempts: 3,
  /** How long that may take. */
  positionMs: 5_000,
};

export type NetworkLimits = Readonly<typeof networkLimits>;
