import { type ExecutionResult, GraphQLError } from "graphql";
import { type ErrorCode, isRetryable, PublicError } from "../errors.ts";
import { variableError } from "../graphql/input-errors.ts";
import { log } from "../observability/log.ts";
import { failSpan } from "../observability/tracing.ts";
import type { RequestContext } from "../trust/request-context.ts";

/** Returns a result with the public form of its errors, and marks the span of the call as failed if the subgraph caused one of them. */
export function withPublicErrors(result: ExecutionResult, subgraph: string, request: RequestContext): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.map((error) => publicError(error, subgraph, request));
  traceFailure(errors);
  return { ...result, errors };
}

/** Returns the public form of an error: public errors unchanged; of all others only the request id. */
function publicError(error: GraphQLError, subgraph: string, { requestId }: RequestContext): GraphQLError {
  const cause = error.originalError;
  if (cause instanceof PublicError)
    return withCause(error, cause, { ...error.extensions, code: cause.code, ...cause.details });
  if (!error.path) return variableError(error);
  if (error.extensions["code"] === "BAD_USER_INPUT") return error;
  log.subgraph.error({ err: cause ?? error, path: error.path, subgraph, requestId }, "a field failed");
  const masked = new PublicError("INTERNAL_SERVER_ERROR", `The service failed (request ${requestId}).`);
  return withCause(error, masked, { code: masked.code, requestId });
}

/** Returns the same error of a field with another cause. */
const withCause = ({ nodes, path }: GraphQLError, cause: PublicError, extensions: Record<string, unknown>) =>
  new GraphQLError(cause.message, { nodes, path, originalError: cause, extensions });

/** Marks the span as failed. An error that the client caused is not a failure of the call. */
function traceFailure(errors: readonly GraphQLError[]): void {
  const code = errors
    .map(({ extensions }) => extensions["code"] as ErrorCode)
    .find((each) => each === "INTERNAL_SERVER_ERROR" || isRetryable(each));
  if (code) failSpan(code);
}
