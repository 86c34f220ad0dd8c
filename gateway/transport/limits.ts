/** What the guards around a carrier hold each subgraph to. */
export const transportLimits = {
  /** What one call may take, in milliseconds; never more than what is left of its request. */
  callTimeoutMs: 10_000,
  /** That many calls without an answer, one after the other, and a subgraph is asked no more. */
  failuresToOpen: 3,
  /** Until one call may try whether it is back, in milliseconds: after the first, twice as long each time, up to the longest. */
  firstProbeMs: 250,
  longestProbeMs: 1_000,
  /** At the same time in one subgraph: enough for thousands a second at the milliseconds that a call takes. */
  callsInFlight: 64,
  /** Waiting for one of them to end; who comes then is refused. */
  callsWaiting: 512,
  /** How many of the calls may be asked a second time, as a part of all, and how many at once after quiet times. */
  retryShare: 0.1,
  retryBurst: 10,
  /** Before the second time, in milliseconds: a random part more than the shortest, so that callers do not return together. */
  shortestRetryPauseMs: 10,
  longestRetryPauseMs: 50,
  /** How old a call in flight may be for another caller to share its answer, in milliseconds. */
  sharedMs: 100,
};

export type TransportLimits = Readonly<typeof transportLimits>;

/** What the HTTP carrier holds each subgraph to. */
export const httpLimits = {
  /** As many as calls in flight: nobody waits for a connection whom the bulkhead has let through. */
  connections: transportLimits.callsInFlight,
  connectTimeoutMs: 2_000,
  /** Less than subgraphs keep an idle connection (60 s), so that none is used at the moment at which it is closed. */
  keepAliveMs: 30_000,
  /** An answer's body. Pages hold at most 100 entries and calls 1,000 references; what is larger than that was not meant for a gateway. */
  maxAnswerBytes: 32 * 2 ** 20,
  /** Silence before and within an answer. Deadlines end calls much sooner: this is for what is read after its caller has left. */
  silenceMs: 30_000,
};

export type HttpLimits = Readonly<typeof httpLimits>;
