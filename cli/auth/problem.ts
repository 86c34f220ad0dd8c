import { readFileSync } from "node:fs";
import { Kind, parse } from "graphql";
import { asset } from "#lib/assets.ts";
import type { Outcome } from "#subgraphs/use-case.ts";

/** Returns the error that ends a command with exit code 1: `CODE: message` on standard error. */
export const problem = (...errors: readonly { code: string; message: string }[]): Error =>
  Object.assign(new Error(errors.map(({ message }) => message).join(" ")), { code: errors[0]?.code });

/**
 * Returns the value of a use case of the auth domain.
 * @throws Error NOT_FOUND when it did not find its object, or the errors that the caller can correct, with the messages of the graph
 */
export function done<Value>(outcome: Outcome<Value>, what?: string): Value {
  if (outcome.kind === "done") return outcome.value;
  if (outcome.kind === "not there")
    throw problem({ code: "NOT_FOUND", message: `There is no such ${what ?? outcome.what}.` });
  const messages = messagesOfCodes();
  throw problem(
    ...outcome.userErrors.map(({ code, message }) => ({ code, message: message ?? messages.get(code) ?? code })),
  );
}

/** Returns the messages that the graph has for the codes of user errors: their descriptions in the schema. */
function messagesOfCodes(): Map<string, string | undefined> {
  const { definitions } = parse(readFileSync(asset("subgraphs/auth/schema.graphql"), "utf8"));
  const codes = definitions.flatMap((node) =>
    node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === "UserErrorCode" ? (node.values ?? []) : [],
  );
  return new Map(codes.map(({ name, description }) => [name.value, description?.value]));
}
