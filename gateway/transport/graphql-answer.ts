import { type ExecutionResult, GraphQLError } from "graphql";
import { withDoubles } from "#lib/exact-json.ts";
import type { ErrorCode } from "#lib/errors.ts";
import { CallFailure } from "./call-failure.ts";

/**
 * Returns the GraphQL response in a value from a subgraph, whatever status or message carried it. A response has data or errors; `errors: null` and
 * `errors: []` count as none. All properties of an error except its message are optional, and are left out where they do not have the shape of the
 * specification.
 * @throws CallFailure "unusable" for a value that is not a response, or that only refuses the call itself: that concerns the gateway and no client
 */
export function graphqlAnswer(value: unknown): ExecutionResult {
  if (!isObject(value)) throw noAnswer();
  const { data, errors: reported } = value;
  if (data !== undefined && data !== null && !isObject(data)) throw noAnswer();
  if (reported !== undefined && reported !== null && !Array.isArray(reported)) throw noAnswer();
  const errors = withDoubles(reported ?? []).map(errorOf);
  if (errors.length === 0) {
    if (!data) throw noAnswer();
    return { data };
  }
  const refusal = data ? undefined : errors.find(isAboutCall);
  if (refusal) throw new CallFailure("unusable", `The call was refused: ${refusal.message}`);
  return { data: data ?? null, errors };
}

const noAnswer = () => new CallFailure("unusable", "The answer was not GraphQL.");

function errorOf(value: unknown): GraphQLError {
  if (!isObject(value) || typeof value["message"] !== "string") throw noAnswer();
  const { message, path, extensions } = value;
  return new GraphQLError(message, {
    path: isPath(path) ? path : null,
    extensions: isObject(extensions) ? extensions : null,
  });
}

/**
 * Errors that only the gateway can have caused, because it writes the document and its HTTP request. A literal that a custom scalar refuses is the client's
 * error.
 */
const codesOfCalls: ReadonlySet<unknown> = new Set<ErrorCode>([
  "GRAPHQL_PARSE_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "BAD_REQUEST",
  "METHOD_NOT_ALLOWED",
  "NOT_ACCEPTABLE",
  "UNSUPPORTED_MEDIA_TYPE",
  "PAYLOAD_TOO_LARGE",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "DOCUMENT_ID_INVALID",
  "DOCUMENT_UNKNOWN",
  "DOCUMENT_MISMATCH",
  "DOCUMENT_NOT_ALLOWED",
]);

const isAboutCall = ({ path, extensions }: GraphQLError): boolean => !path && codesOfCalls.has(extensions["code"]);

const isPath = (value: unknown): value is (string | number)[] =>
  Array.isArray(value) && value.every((key) => typeof key === "string" || typeof key === "number");

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
