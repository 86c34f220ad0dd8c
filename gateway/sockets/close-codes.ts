/** Why the gateway closes a socket. Those below 4410 are graphql-transport-ws's own; docs/subscriptions.md says what a client does about each. */
export const closeCodes = {
  goingAway: [1001, "The gateway is stopping."],
  tryAgainLater: [1013, "Nobody can be identified at this moment."],
  badRequest: [4400, "That is no message of graphql-transport-ws."],
  unauthorized: [4401, "Send connection_init first."],
  forbidden: [4403, "The token, key or ticket is not valid."],
  wrongProtocol: [4406, "The protocol here is graphql-transport-ws."],
  initTimeout: [4408, "There was no connection_init."],
  subscriberExists: [4409, "There is a subscription with this id already."],
  tooSlow: [4410, "Too much waits to be read: come back with the last cursor."],
  tooManySockets: [4411, "This user has too many sockets."],
  tooManySubscriptions: [4412, "This socket has too many subscriptions."],
  unanswered: [4413, "Pings were not answered."],
  initRepeated: [4429, "connection_init comes once."],
} as const satisfies Record<string, readonly [number, string]>;

export type CloseReason = keyof typeof closeCodes;
