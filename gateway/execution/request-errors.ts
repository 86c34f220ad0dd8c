import { GraphQLError } from "graphql";
import type { ErrorCode } from "#lib/errors.ts";

/** Every reason, as far as they are told, for which a request is not executed. */
export class RequestErrors extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? "The request does not fit.");
    this.name = "RequestErrors";
    this.errors = errors;
  }
}

/** An error of the engine with a code. @param suggestions whether it may say what a misspelled name was meant to be */
export const described = (
  { message, nodes, source, positions }: GraphQLError,
  code: ErrorCode,
  suggestions: boolean,
): GraphQLError =>
  new GraphQLError(suggestions ? message : message.replace(/ Did you mean .*$/s, ""), {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code },
  });
