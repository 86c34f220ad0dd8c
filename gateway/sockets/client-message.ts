import { z } from "zod";
import { numbersIn } from "#lib/exact-json.ts";
import { clientMessages, parseMessage, subscribePayload } from "#lib/transport-ws/messages.ts";
import { isNestedDeeper } from "../limits/variable-limits.ts";

/** The limit for payloads that are read by recursion, or written again: a ping's payload is returned in its pong. */
const payloadDepth = 32;
const longestId = 128;

const record = z.record(z.string(), z.unknown());
/** A document that the gateway knows has no text. */
const messages = clientMessages(
  subscribePayload.extend({
    query: z.string().nullish(),
    variables: record.nullish(),
    extensions: record.nullish(),
    documentId: z.string().nullish(),
  }),
);

const numbersOf = (message: unknown) =>
  numbersIn((message as { payload?: { variables?: unknown } | null } | null)?.payload?.variables);

/** A message of a client, in graphql-transport-ws. */
export type ClientMessage = z.infer<typeof messages>;

/**
 * Parses a message.
 * @returns undefined for a text that is not such a message, or exceeds a limit
 */
export function clientMessage(text: string): ClientMessage | undefined {
  const message = parseMessage(messages, text, numbersOf);
  return message && isWithinLimits(message) ? message : undefined;
}

/** The variables of `subscribe` have limits of their own, with errors of their own. */
const isWithinLimits = (message: ClientMessage): boolean =>
  "id" in message ? message.id.length <= longestId : !isNestedDeeper(message.payload, payloadDepth);
