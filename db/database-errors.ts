import postgres from "postgres";
import { PublicError } from "#lib/errors.ts";
import { isConnectionError } from "./pool.ts";

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
};

/** serialization_failure, deadlock_detected: the server aborted this transaction in favour of another. */
const gaveWay = new Set(["40001", "40P01"]);
/** Nothing listens, or the listener cannot serve: no other connection will succeed either. */
const unreachable = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "CONNECT_TIMEOUT",
  "57P03",
]);
/** Only this connection is gone. */
const broken = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "57P01",
  "57P02",
]);

export const isUnreachable = (error: unknown): boolean => unreachable.has(codeOf(error));
export const hasGivenWay = (error: unknown): boolean => gaveWay.has(codeOf(error));
/** Returns whether a value cannot be stored (class 22), or is too deep or too large (class 54). */
export const isInvalidValue = (error: unknown): boolean => /^(22|54)/.test(codeOf(error));
/** Returns whether another row already has a value that must be unique. */
export const isUniqueViolation = (error: unknown): boolean => codeOf(error) === "23505";
export const hasNoSlot = (error: unknown): boolean => codeOf(error) === "53300";

/** Returns what a client may know of a database failure: that the database cannot be reached, that it is full, or nothing. */
export function publicError(error: unknown): unknown {
  const code = codeOf(error);
  if (isUnreachable(error) || broken.has(code) || isConnectionError(error) || code.startsWith("08")) {
    return new PublicError("DATABASE_UNAVAILABLE", "The database cannot be reached.");
  }
  if (hasNoSlot(error)) return new PublicError("OVERLOADED", "The database has no free connection.");
  if (code === "55P03" || hasGivenWay(error)) {
    return new PublicError("WRITE_CONFLICT", "Another request is changing the same object at this moment; try again.");
  }
  if (code === "53100") return new PublicError("STORAGE_FULL", "The database has no space left on its disk.");
  if (code === "57014") return new PublicError("SUBGRAPH_TIMEOUT", "The database did not answer before the deadline.");
  return error instanceof postgres.PostgresError ? new StatementError(error) : error;
}

/**
 * A statement that the server rejected, under its SQLSTATE. It names no row and no value. The rows and values that the server names in its detail, and the
 * value that a type rejected (class 22) in its message, do not belong in a log.
 */
class StatementError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly table: string | undefined;
  readonly constraint: string | undefined;

  /** The driver's error stays unchanged: a newer Node makes its `stack` read-only. */
  constructor(refusal: postgres.PostgresError) {
    const message = refusal.code.startsWith("22") ? refusal.message.replace(/".*"/s, '"…"') : refusal.message;
    super(message);
    this.name = "StatementError";
    this.code = refusal.code;
    this.severity = refusal.severity;
    this.table = refusal.table_name;
    this.constraint = refusal.constraint_name;
    const calls = refusal.stack?.split("\n").filter((line) => /^ +at /.test(line)) ?? [];
    this.stack = [`${this.name}: ${message}`, ...calls].join("\n");
  }
}

/** Returns the same, for a transaction that is retried when the server has aborted it in favour of another. */
export const retriableError = (error: unknown): unknown => (hasGivenWay(error) ? error : publicError(error));
