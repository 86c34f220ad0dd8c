/**
 * The codes and reasons with which the gateway closes a socket. Those of graphql-transport-ws have the text of its document, or of graphql-ws where the
 * document has none; 4410 to 4413 are our own. docs/subscriptions.md describes how a client handles each.
 */
export const closeCodes = {
  goingAway: [1001, "Going away"],
  internalError: [1011, "Internal error"],
  tryAgainLater: [1013, "Authentication is unavailable at this moment"],
  badRequest: [4400, "Invalid message received"],
  unauthorized: [4401, "Unauthorized"],
  forbidden: [4403, "Forbidden"],
  wrongProtocol: [4406, "Subprotocol not acceptable"],
  initTimeout: [4408, "Connection initialisation timeout"],
  subscriberExists: [4409, "Subscriber already exists"],
  tooSlow: [4410, "Too many unread messages: reconnect with the last cursor"],
  tooManySockets: [4411, "Too many sockets of this user"],
  tooManySubscriptions: [4412, "Too many subscriptions on this socket"],
  unanswered: [4413, "Pings were not answered"],
  initRepeated: [4429, "Too many initialisation requests"],
} as const satisfies Record<string, readonly [number, string]>;

export type CloseReason = keyof typeof closeCodes;

/** The number of bytes of a reason in a close frame (RFC 6455, 5.5). */
const longestReason = 123;

/** Returns the protocol's reason of 4409, if a close frame can hold it. */
export function subscriberExists(id: string): string {
  const reason = `Subscriber for ${id} already exists`;
  return Buffer.byteLength(reason) <= longestReason ? reason : closeCodes.subscriberExists[1];
}
