/**
 * Why the gateway closes a socket: code and reason. Those of graphql-transport-ws have the words of its document, and of graphql-ws where the document has
 * none; 4410 to 4413 are ours. docs/subscriptions.md says what a client does about each.
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

/** What a close frame holds of a reason, in bytes (RFC 6455, 5.5). */
const longestReason = 123;

/** The reason of 4409 as the protocol has it, as far as a close frame takes it. */
export function subscriberExists(id: string): string {
  const reason = `Subscriber for ${id} already exists`;
  return Buffer.byteLength(reason) <= longestReason ? reason : closeCodes.subscriberExists[1];
}
