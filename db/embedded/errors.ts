/** What can prevent the embedded server from running. Each message states what to do about it. */
export type EmbeddedPostgresErrorCode =
  | "PLATFORM_UNSUPPORTED"
  | "PORT_TAKEN"
  | "DATA_DIR_UNUSABLE"
  | "DATA_VERSION_MISMATCH"
  | "START_FAILED";

export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The alternative that every message about an impossible embedded server names. */
export const useOtherServer =
  "Point DATABASE_URL_AUTH, DATABASE_URL_VMS, DATABASE_URL_MONITORING, DATABASE_URL_FEDERATION and " +
  "DATABASE_URL_SCHEDULER at a PostgreSQL (15 or later) of your own instead.";

/** Returns the `code` of an error of the system (ENOENT, EACCES, …) or of PostgreSQL (an SQLSTATE), if it has one. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
