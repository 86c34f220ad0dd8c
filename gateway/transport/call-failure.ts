export type FailureKind =
  /** No answer was had: no connection, one that broke, or a proxy before the subgraph that says so (502, 503). */
  | "unreachable"
  /** What came was no answer: another status, no JSON, no GraphQL, too large. */
  | "unusable"
  /** The call had its time, and there was no answer. */
  | "timed out"
  /** The request's time was over before the call had what calls usually have. */
  | "out of time"
  /** The subgraph has not answered others, and was not asked. */
  | "breaker open"
  /** Too many calls were waiting for the subgraph. */
  | "overloaded";

/** Why a call has no answer. The message and the cause are for the log. */
export class CallFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CallFailure";
    this.kind = kind;
  }
}

/** Of an error that is none of the transport's, or of a caller who has left: undefined. */
export const failureKind = (error: unknown): FailureKind | undefined =>
  error instanceof CallFailure ? error.kind : undefined;
