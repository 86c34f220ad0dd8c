/**
 * The closed list of codes that a client may see in `extensions.code`, each with the sentence that `docs/errors.md` explains further. No other code leaves
 * the product; a test compares the list with the document.
 */
export const errorCodes = {
  BAD_USER_INPUT: "An argument is malformed; `extensions.argument` names it.",
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
  OPERATION_RESOLUTION_FAILURE:
    "The document holds several operations and none was chosen, or the chosen one is missing.",
  BAD_REQUEST: "The HTTP request is not a GraphQL request.",
  METHOD_NOT_ALLOWED: "The HTTP method does not fit: send queries by GET or POST, mutations by POST.",
  NOT_ACCEPTABLE: "The request accepts no media type that the service can respond with.",
  UNSUPPORTED_MEDIA_TYPE: "The body is not JSON, or it is compressed.",
  TOKEN_LIMIT_EXCEEDED: "The document has more tokens than the limit.",
  DEPTH_LIMIT_EXCEEDED: "Fields are nested deeper than the limit.",
  ALIAS_LIMIT_EXCEEDED: "The document has more aliases than the limit.",
  ROOT_FIELD_LIMIT_EXCEEDED:
    "The operation has more root fields than the limit, or repeats a root field that may occur only once.",
  DIRECTIVE_LIMIT_EXCEEDED: "The document has more directives than the limit.",
  REPEAT_LIMIT_EXCEEDED: "A field is selected in the same place more often than the limit.",
  SELECTION_LIMIT_EXCEEDED: "The operation selects more fields than the limit, counted with its fragments expanded.",
  LIST_LIMIT_EXCEEDED: "A list has more entries than the limit.",
  VALUE_DEPTH_LIMIT_EXCEEDED: "A value is nested deeper than the limit.",
  QUERY_TOO_EXPENSIVE: "The operation may cost more than the limit; `extensions.cost` is its cost.",
  PLAN_LIMIT_EXCEEDED: "The operation takes longer to plan than the limit.",
  PAYLOAD_TOO_LARGE: "The request body is larger than the limit.",
  PERSISTED_QUERY_NOT_SUPPORTED: "Documents that clients send are not stored: send the document instead of its hash.",
  DOCUMENT_ID_INVALID: "This is not a valid id of a document.",
  DOCUMENT_UNKNOWN: "No document has this id.",
  DOCUMENT_MISMATCH: "The id is not that of the document in the same request.",
  DOCUMENT_NOT_ALLOWED: "The gateway accepts only documents that it knows.",
  UNAUTHENTICATED: "The request carries no valid identity.",
  FORBIDDEN: "The identity lacks a permission; `extensions.permission` names it.",
  NOT_FOUND: "No such object is visible to this identity.",
  SUBGRAPH_UNAVAILABLE:
    "A part of the graph did not answer; its fields are null, and the rest of the response is valid.",
  SUBGRAPH_TIMEOUT:
    "A part of the graph did not answer before the deadline; its fields are null, and the rest of the response is valid.",
  REQUIREMENT_FAILED:
    "A field of another part of the graph, from which this one is computed, failed; that failure has an error of its own.",
  DATABASE_UNAVAILABLE: "The database of this part of the graph cannot be reached.",
  WRITE_CONFLICT: "Another request is changing the same object; try again.",
  VM_BUSY: "An operation works on this VM; `extensions.operation` is its id and `extensions.operationKind` its kind.",
  FENCING_TOKEN_OUTDATED:
    "An operation was continued elsewhere, or has released what it asks for: this call comes from an attempt that was given up.",
  NO_CAPACITY: "No node can take the VM; `extensions.rejected` counts the nodes by reason.",
  RESERVATION_EXPIRED: "The resources that an operation has reserved were released.",
  STORAGE_FULL: "The database has no space left on its disk: reads continue, writes are refused.",
  POSITION_INVALID: "This is not a position in this installation's event log.",
  POSITION_EXPIRED:
    "Events after this position are no longer kept; `extensions.oldest` is the oldest position to resume from.",
  RESYNC_REQUIRED: "Events after this cursor are no longer kept: query the current state, and subscribe again.",
  EVENT_TOO_LARGE: "The event of a change would exceed the maximum size of events; `extensions.event` names its type.",
  RATE_LIMITED:
    "Too many requests in too short a time; `extensions.retryAfter` is the number of seconds to wait before the next one.",
  AUTH_UNAVAILABLE: "The service cannot identify callers at this moment; try again.",
  OVERLOADED: "The service has no capacity for this request now; try again later.",
  INTERNAL_SERVER_ERROR: "The service failed; look up the request id in its log for the reason.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

const retryable: ReadonlySet<ErrorCode> = new Set([
  "SUBGRAPH_UNAVAILABLE",
  "SUBGRAPH_TIMEOUT",
  "DATABASE_UNAVAILABLE",
  "WRITE_CONFLICT",
  "VM_BUSY",
  "STORAGE_FULL",
  "RATE_LIMITED",
  "AUTH_UNAVAILABLE",
  "OVERLOADED",
]);

/** Returns whether the same request may succeed later, without a change. */
export const isRetryable = (code: ErrorCode): boolean => retryable.has(code);

/** An error whose message and code are meant for the client. Every other error is masked before it is sent. */
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
