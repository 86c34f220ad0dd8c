export type FailureKind =
  /** There was no response: no connection, a lost one, or a proxy in front of the subgraph that reports it (502, 503). */
  | "unreachable"
  /** The response was invalid: another status, not JSON, not GraphQL, too large. */
  | "unusable"
  /** The call had its full time, and there was no response. */
  | "timed out"
  /** The request's deadline passed before the call had the time that calls usually have. */
  | "out of time"
  /** The subgraph did not respond to other calls, and was not called. */
  | "breaker open"
  /** Too many calls were waiting for the subgraph. */
  | "overloaded";

/** The reason why a call has no response. The message and the cause are for the log. */
export class CallFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CallFailure";
    this.kind = kind;
  }
}

/** Returns the kind of a failure; undefined for an error from outside the transport, or when the caller has left. */
export const failureKind = (error: unknown): FailureKind | undefined =>
  error instanceof CallFailure ? error.kind : undefined;
