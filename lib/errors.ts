/**
 * The closed list of codes a client may see in `extensions.code`, each with the sentence that `docs/errors.md` explains further.
 * Nothing outside this list leaves the product; a test compares it with the document.
 */
export const errorCodes = {
  BAD_USER_INPUT: "An argument is malformed; `extensions.argument` names it.",
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
  OPERATION_RESOLUTION_FAILURE:
    "The document holds several operations and none was chosen, or the chosen one is missing.",
  BAD_REQUEST: "The HTTP request is not a GraphQL request.",
  PAYLOAD_TOO_LARGE: "The request body is larger than the limit.",
  PERSISTED_QUERY_NOT_SUPPORTED: "Automatic persisted queries are off.",
  PERSISTED_QUERY_NOT_FOUND: "No document is stored under this hash.",
  UNAUTHENTICATED: "The request carries no valid identity.",
  FORBIDDEN: "The identity lacks a permission; `extensions.permission` names it.",
  NOT_FOUND: "No such object is visible to this identity.",
  SUBGRAPH_UNAVAILABLE: "A part of the graph did not answer; its fields are null and the rest of the answer holds.",
  SUBGRAPH_TIMEOUT:
    "A part of the graph did not answer before the deadline; its fields are null and the rest of the answer holds.",
  DATABASE_UNAVAILABLE: "The database of this part of the graph cannot be reached.",
  WRITE_CONFLICT: "Somebody else is changing the same thing; try again.",
  STORAGE_FULL: "The database has no room left on its disk: reads go on, writes are refused.",
  POSITION_INVALID: "This is no position of this installation's event log.",
  POSITION_EXPIRED:
    "Events after this position are no longer kept; `extensions.oldest` is the oldest that can be read on from.",
  EVENT_TOO_LARGE: "The event of a change would be larger than events may be; `extensions.event` names its type.",
  RATE_LIMITED:
    "Too many requests in too short a time; `extensions.retryAfter` says in how many seconds there may be another.",
  AUTH_UNAVAILABLE: "Nobody can be identified at this moment; try again.",
  OVERLOADED: "The service has no capacity for this request now; try again later.",
  INTERNAL_SERVER_ERROR: "The service failed; the request id finds the reason in its log.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error whose message and code are meant for the client. Every other error is masked before it leaves. */
export class PublicError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = "PublicError";
    this.code = code;
    this.details = details;
  }
}

/** A malformed argument: `argument` is its path as the client wrote it, such as `filter.createdAt.from`. */
export class InvalidArgument extends PublicError {
  constructor(argument: string, message: string) {
    super("BAD_USER_INPUT", `Argument "${argument}" ${message}`, { argument });
    this.name = "InvalidArgument";
  }
}
