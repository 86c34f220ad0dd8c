import type { ErrorCode } from "#lib/errors.ts";
import type { GraphQLAnswer } from "../requests/graphql-request.ts";
import { graphqlResponse, type MediaType } from "./media-type.ts";

/** Errors of the HTTP request itself, or of the moment: reported by status in either media type. */
const ownStatus: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  AUTH_UNAVAILABLE: 503,
  OVERLOADED: 503,
};

/**
 * Returns the status of a response. A response with data is 200, whatever failed in it. A document that was not executed is 400; for clients that accept
 * the older media type it is 200, because they read errors only from successful responses.
 */
export function statusOf({ refused }: GraphQLAnswer, type: MediaType): number {
  if (refused === undefined) return 200;
  return ownStatus[refused as ErrorCode] ?? (type === graphqlResponse ? 400 : 200);
}
