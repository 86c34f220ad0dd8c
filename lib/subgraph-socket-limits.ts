/** What a subgraph lets gateways take that follow it over WebSockets. */
export const subgraphSocketLimits = {
  /** A gateway has one. */
  sockets: 256,
  /** Of a frame that comes: as large as the body of a call. */
  frameBytes: 4 * 2 ** 20,
  /** On one socket: more than a gateway follows. */
  subscriptions: 20_000,
  /** On their way to a gateway, beyond which no more events are asked for until it has read some. */
  bufferedBytes: 256 * 2 ** 10,
  /** How long a client may take until it has signed a subscription, in milliseconds: who cannot does not keep a place. */
  initMs: 3_000,
  /** How often it is looked whether gateways are still there. */
  pingMs: 15_000,
  /** How long a gateway may take to say goodbye. */
  goodbyeMs: 1_000,
};

export type SubgraphSocketLimits = Readonly<typeof subgraphSocketLimits>;
