import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { z } from "zod";
import { type ExactNumbers, parseJson, stringifyJson } from "../exact-json.ts";

/** The WebSocket subprotocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
export const subprotocol = "graphql-transport-ws";

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
// These are not copied, and not searched: a value that JSON.parse has read can be deeper than a stack.
const object = z.custom<JsonObject>(isObject);
const result = z.custom<ExecutionResult>(isObject);
const formattedError = z.custom<GraphQLFormattedError>((value) => isObject(value) && "message" in value);
const id = z.string().min(1);

const ping = z.object({ type: z.literal("ping"), payload: object.nullish() });
const pong = z.object({ type: z.literal("pong"), payload: object.nullish() });
const complete = z.object({ type: z.literal("complete"), id });

/** The payload of `subscribe`. */
export const subscribePayload = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: object.nullish(),
  extensions: object.nullish(),
});
export type SubscribePayload = z.infer<typeof subscribePayload>;

/** Returns the messages that a client sends, with a payload of `subscribe` that may have more members than the protocol's. */
export const clientMessages = <Payload extends z.ZodType>(payload: Payload) =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("connection_init"), payload: object.nullish() }),
    ping,
    pong,
    z.object({ type: z.literal("subscribe"), id, payload }),
    complete,
  ]);

/** The messages that a server sends. */
export const serverMessages = z.discriminatedUnion("type", [
  z.object({ type: z.literal("connection_ack"), payload: object.nullish() }),
  ping,
  pong,
  z.object({ type: z.literal("next"), id, payload: result }),
  z.object({ type: z.literal("error"), id, payload: z.array(formattedError).min(1) }),
  complete,
]);

/**
 * Parses a message.
 * @param numbersOf finds the numbers of the message whose digits must be kept
 * @returns undefined for a text that is not one of these messages
 */
export function parseMessage<Message>(
  messages: z.ZodType<Message>,
  text: string,
  numbersOf: (message: unknown) => ExactNumbers = () => "none",
): Message | undefined {
  try {
    return messages.safeParse(parseJson(text, numbersOf)).data;
  } catch {
    return undefined;
  }
}

export const connectionInit = '{"type":"connection_init"}';
export const connectionAck = '{"type":"connection_ack"}';

export const pingMessage = (payload?: JsonObject): string => JSON.stringify({ type: "ping", payload });
export const pongMessage = (payload?: JsonObject): string => JSON.stringify({ type: "pong", payload });

export const subscribeMessage = (subscription: string, payload: SubscribePayload): string =>
  stringifyJson({ id: subscription, type: "subscribe", payload }) ?? "";

/** Returns how the results of one subscription are sent: a function of the result's JSON text, which is written once for many subscribers. */
export function nextMessages(subscription: string): (result: string) => string {
  const prefix = `{"id":${JSON.stringify(subscription)},"type":"next","payload":`;
  return (text) => `${prefix}${text}}`;
}

export const errorMessage = (subscription: string, errors: unknown): string =>
  JSON.stringify({ id: subscription, type: "error", payload: errors });

export const completeMessage = (subscription: string): string => JSON.stringify({ id: subscription, type: "complete" });
