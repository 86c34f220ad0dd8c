import { GraphQLError } from "graphql";
import type { ErrorCode } from "#lib/errors.ts";
import { messageWithoutValue } from "#lib/graphql/messages-without-values.ts";

/** The reasons for which a request is not executed, as far as they are returned. */
export class RequestErrors extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? "The request does not fit.");
    this.name = "RequestErrors";
    this.errors = errors;
  }
}

/**
 * Returns an error of the engine with a code, and without any value that the client sent.
 * @param open whether the message may contain suggestions for misspelled names and the engine's text about a directive: that text identifies the engine
 */
export function described(error: GraphQLError, code: ErrorCode, open: boolean): GraphQLError {
  const message = messageWithoutValue(error);
  return new GraphQLError(open ? message : reserved(message), {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}

const reserved = (message: string): string =>
  /\bdirective "@/i.test(message)
    ? "A directive is unknown, in a place where it is not allowed, or lacks an argument."
    : message.replace(/ Did you mean .*$/s, "");
