/** The limits of sockets and their clients. */
export interface SocketLimits {
  /** Sockets of one gateway. */
  sockets: number;
  socketsByUser: number;
  /** Subscriptions on one socket. */
  subscriptions: number;
  /** The time that a client may take to authenticate, in milliseconds. */
  initMs: number;
  /** The interval at which clients receive a ping with their cursors, in milliseconds. */
  pingMs: number;
  /** Characters in flight to one client; beyond this number, messages wait. */
  onTheWay: number;
  /** Events, and their characters, that may wait for one client; beyond these numbers the client is too slow. */
  waitingEvents: number;
  waitingCharacters: number;
  /** The interval at which credentials are checked, in milliseconds. */
  recheckMs: number;
  /** The time over which sockets are closed when the gateway stops, so that their clients do not all reconnect at once. */
  closingMs: number;
}

export const defaultSocketLimits: SocketLimits = {
  sockets: 20_000,
  socketsByUser: 20,
  subscriptions: 50,
  initMs: 3_000,
  pingMs: 15_000,
  onTheWay: 256 * 1024,
  waitingEvents: 5_000,
  waitingCharacters: 4 * 1024 * 1024,
  recheckMs: 500,
  closingMs: 4_000,
};
