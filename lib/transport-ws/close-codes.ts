/**
 * The codes and reasons with which a server closes a socket in graphql-transport-ws. The reasons have the text of the protocol's document, or of graphql-ws
 * where the document has none.
 */
export const protocolCloseCodes = {
  badRequest: [4400, "Invalid message received"],
  unauthorized: [4401, "Unauthorized"],
  forbidden: [4403, "Forbidden"],
  wrongProtocol: [4406, "Subprotocol not acceptable"],
  initTimeout: [4408, "Connection initialisation timeout"],
  subscriberExists: [4409, "Subscriber already exists"],
  initRepeated: [4429, "Too many initialisation requests"],
} as const satisfies Record<string, readonly [number, string]>;

/** The code with which a server closes its sockets when it stops (RFC 6455, 7.4.1). */
export const goingAway = [1001, "Going away"] as const;

/** The number of bytes of a reason in a close frame (RFC 6455, 5.5). */
const longestReason = 123;

/** Returns the protocol's reason of 4409, if a close frame can hold it. */
export function subscriberExists(id: string): string {
  const reason = `Subscriber for ${id} already exists`;
  return Buffer.byteLength(reason) <= longestReason ? reason : protocolCloseCodes.subscriberExists[1];
}
