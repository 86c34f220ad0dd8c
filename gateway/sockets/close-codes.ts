import { goingAway, protocolCloseCodes } from "#lib/transport-ws/close-codes.ts";

/**
 * The codes and reasons with which the gateway closes a socket: those of graphql-transport-ws, and 4410 to 4413, which are our own. docs/subscriptions.md
 * describes how a client handles each.
 */
export const closeCodes = {
  ...protocolCloseCodes,
  goingAway,
  internalError: [1011, "Internal error"],
  tryAgainLater: [1013, "Authentication is unavailable at this moment"],
  tooSlow: [4410, "Too many unread messages: reconnect with the last cursor"],
  tooManySockets: [4411, "Too many sockets of this user"],
  tooManySubscriptions: [4412, "Too many subscriptions on this socket"],
  unanswered: [4413, "Pings were not answered"],
} as const satisfies Record<string, readonly [number, string]>;

export type CloseReason = keyof typeof closeCodes;
