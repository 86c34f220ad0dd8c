import { readFileSync } from "node:fs";
import { buildASTSchema, parse } from "graphql";
import { asset } from "#lib/assets.ts";
import { messageOf } from "#lib/graphql/user-errors.ts";
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
  const schema = buildASTSchema(parse(readFileSync(asset("subgraphs/auth/schema.graphql"), "utf8")), {
    assumeValidSDL: true,
  });
  throw problem(...outcome.userErrors.map((error) => ({ code: error.code, message: messageOf(error, schema) })));
}
