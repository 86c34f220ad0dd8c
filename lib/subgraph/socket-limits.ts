/** The limits of a subgraph for gateways that subscribe over WebSockets. */
export const subgraphSocketLimits = {
  /** A gateway has one. */
  sockets: 256,
  /** The size of an incoming frame: the same as of the body of a call. */
  frameBytes: 4 * 2 ** 20,
  /** Subscriptions on one socket: more than a gateway has. */
  subscriptions: 20_000,
  /** Bytes in flight to a gateway; beyond this number, no more events are read until it has received some. */
  bufferedBytes: 256 * 2 ** 10,
  /** The time until a client must have sent a signed subscription, in milliseconds: a client that cannot sign does not keep a place. */
  initMs: 3_000,
  /** The interval at which gateways are checked, in milliseconds. */
  pingMs: 15_000,
};

export type SubgraphSocketLimits = Readonly<typeof subgraphSocketLimits>;
