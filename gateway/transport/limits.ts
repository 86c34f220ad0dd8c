/** The limits of the guards for each subgraph. */
export const transportLimits = {
  /** The time that one call may take, in milliseconds; never more than the remaining time of its request. */
  callTimeoutMs: 10_000,
  /** The number of consecutive calls without a response after which a subgraph is no longer called. */
  failuresToOpen: 3,
  /** The pause before one call checks whether the subgraph is available again, in milliseconds: the first pause; it doubles each time, up to the longest. */
  firstProbeMs: 250,
  longestProbeMs: 1_000,
  /** Calls in flight in one subgraph: enough for thousands per second at the milliseconds that a call takes. */
  callsInFlight: 64,
  /** Calls that wait for one of them to end; further calls are refused. */
  callsWaiting: 512,
  /** The share of all calls that may be retried, and the largest number of retries at once after quiet times. */
  retryShare: 0.1,
  retryBurst: 10,
  /** The pause before a retry, in milliseconds: random between the two, so that callers do not retry at the same moment. */
  shortestRetryPauseMs: 10,
  longestRetryPauseMs: 50,
  /** The largest age of a call in flight whose response another caller may share, in milliseconds. */
  sharedMs: 100,
};

export type TransportLimits = Readonly<typeof transportLimits>;

/** The limits of the HTTP transport for each subgraph. */
export const httpLimits = {
  /** As many as calls in flight: no call that the bulkhead has admitted waits for a connection. */
  connections: transportLimits.callsInFlight,
  connectTimeoutMs: 2_000,
  /** Less than subgraphs keep an idle connection (60 s), so that none is used at the moment at which it is closed. */
  keepAliveMs: 30_000,
  /** The size of a response's body. Pages hold at most 100 entries and calls 1,000 references; a larger body was not meant for a gateway. */
  maxAnswerBytes: 32 * 2 ** 20,
  /** The longest silence before and within a response. Deadlines end calls much sooner: this is for responses that are read after their caller has left. */
  silenceMs: 30_000,
};

export type HttpLimits = Readonly<typeof httpLimits>;
