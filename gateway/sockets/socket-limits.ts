/** What clients of sockets may take. */
export interface SocketLimits {
  /** Of one gateway. */
  sockets: number;
  socketsByUser: number;
  /** On one socket. */
  subscriptions: number;
  /** How long a client may take to say who he is, in milliseconds. */
  initMs: number;
  /** How often clients are asked whether they are there, and told their cursors. */
  pingMs: number;
  /** Characters on their way to one client, beyond which the rest waits. */
  onTheWay: number;
  /** Events, and characters of them, that wait for one client, beyond which he is too slow. */
  waitingEvents: number;
  waitingCharacters: number;
  /** How often it is looked whether a credential still holds. */
  recheckMs: number;
  /** In how long sockets are closed when the gateway stops, so that their clients do not all come back at once. */
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
