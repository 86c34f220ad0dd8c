import { GraphQLError } from "graphql";
import type { ErrorCode } from "#lib/errors.ts";
import { messageWithoutValue } from "#lib/messages-without-values.ts";

/** Every reason, as far as they are told, for which a request is not executed. */
export class RequestErrors extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? "The request does not fit.");
    this.name = "RequestErrors";
    this.errors = errors;
  }
}

/**
 * An error of the engine with a code, and without any value that the client sent.
 * @param suggestions whether it may say what a misspelled name was meant to be
 */
export function described(error: GraphQLError, code: ErrorCode, suggestions: boolean): GraphQLError {
  const message = messageWithoutValue(error);
  return new GraphQLError(suggestions ? message : message.replace(/ Did you mean .*$/s, ""), {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}
