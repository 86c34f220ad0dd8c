import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { type ErrorCode, errorCodes, isRetryable, PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import { InvalidAnswer } from "../execution/invalid-answer.ts";
import { RequestErrors } from "../execution/request-errors.ts";
import type { GraphQLAnswer } from "./graphql-request.ts";

/**
 * Returns the errors as clients may see them: a code of the closed list, the request's id, and whether the same request may succeed later. Subgraph
 * addresses, stack traces and the texts of unexpected errors are never sent.
 */
export function answerErrors(errors: readonly unknown[], requestId: string): GraphQLFormattedError[] {
  const invalid = errors.filter(isInvalidAnswer).map(({ message, path }) => ({ message, path }));
  if (invalid.length > 0)
    log.gateway.error(
      { requestId, fields: invalid.slice(0, 10), count: invalid.length },
      "a response of subgraphs does not fit their schema",
    );
  return errors.map((error) => answerError(error, requestId));
}

const isInvalidAnswer = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && error.originalError instanceof InvalidAnswer;

/** Returns the response to a request that is not executed. */
export function refusal(error: unknown, requestId: string): GraphQLAnswer {
  const answered = answerErrors(error instanceof RequestErrors ? error.errors : [error], requestId);
  const { code, retryAfter } = answered[0]?.extensions ?? {};
  return {
    body: `${JSON.stringify({ errors: answered })}\n`,
    refused: String(code),
    ...(typeof retryAfter === "number" ? { retryAfter } : {}),
  };
}

function answerError(error: unknown, requestId: string): GraphQLFormattedError {
  const { message, code, details } = publicDescription(error, requestId);
  const { locations, path } = error instanceof GraphQLError ? error.toJSON() : {};
  return {
    message,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: { code, ...details, requestId, retryable: isRetryable(code) },
  };
}

interface PublicDescription {
  message: string;
  code: ErrorCode;
  details: Readonly<Record<string, unknown>>;
}

function publicDescription(error: unknown, requestId: string): PublicDescription {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original instanceof PublicError)
    return { message: original.message, code: original.code, details: original.details };
  if (error instanceof GraphQLError) {
    const { code, serviceName: _service, stacktrace: _stack, exception: _exception, ...details } = error.extensions;
    if (code === ("INTERNAL_SERVER_ERROR" satisfies ErrorCode) && details["requestId"])
      return { message: error.message, code, details: {} };
    if (isErrorCode(code)) return { message: error.message, code, details: { ...inVariable(error, code), ...details } };
  }
  log.gateway.error({ err: error, requestId }, "an operation failed");
  return { message: "The service failed.", code: "INTERNAL_SERVER_ERROR", details: {} };
}

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === "string" && Object.hasOwn(errorCodes, code) && code !== "INTERNAL_SERVER_ERROR";

/** Returns the name of the variable that the engine itself refused; the engine states it only in its message. */
function inVariable({ message }: GraphQLError, code: ErrorCode): Readonly<Record<string, unknown>> {
  const variable = code === "BAD_USER_INPUT" ? /^Variable "(\$\w+)"/.exec(message)?.[1] : undefined;
  return variable ? { argument: variable } : {};
}
