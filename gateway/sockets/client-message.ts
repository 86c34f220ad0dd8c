import { z } from "zod";
import { numbersIn, parseJson } from "#lib/exact-json.ts";
import { isNestedDeeper } from "../admission/variable-limits.ts";

const record = z.record(z.string(), z.unknown());
/** The limit for payloads that are read by recursion, or written again: a ping's payload is returned in its pong. */
const payloadDepth = 32;
const shallow = record.refine((payload) => !isNestedDeeper(payload, payloadDepth)).nullish();

const shape = z.discriminatedUnion("type", [
  z.object({ type: z.literal("connection_init"), payload: shallow }),
  z.object({ type: z.literal("ping"), payload: shallow }),
  z.object({ type: z.literal("pong"), payload: shallow }),
  z.object({
    type: z.literal("subscribe"),
    id: z.string().min(1).max(128),
    payload: z.object({
      query: z.string().nullish(),
      operationName: z.string().nullish(),
      variables: record.nullish(),
      extensions: record.nullish(),
      documentId: z.string().nullish(),
    }),
  }),
  z.object({ type: z.literal("complete"), id: z.string().min(1).max(128) }),
]);

const numbersOf = (message: unknown) =>
  numbersIn((message as { payload?: { variables?: unknown } | null } | null)?.payload?.variables);

/** A message of a client, in graphql-transport-ws. */
export type ClientMessage = z.infer<typeof shape>;

/**
 * Parses a message.
 * @returns undefined for a text that is not such a message
 */
export function clientMessage(text: string): ClientMessage | undefined {
  try {
    return shape.safeParse(parseJson(text, numbersOf)).data;
  } catch {
    return undefined;
  }
}
