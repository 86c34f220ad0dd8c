/**
 * - `ROLES_MISSING`: the domain's roles do not exist, or the owner is not a member of them and may not change that.
 * - `MIGRATIONS_AHEAD`: the database was migrated by a newer program than this one.
 * - `MIGRATION_FAILED`: a statement of a migration failed. That migration was rolled back; the earlier ones are applied.
 * - `MIGRATION_LOCK_TIMEOUT`: another program is migrating the same database and did not finish in time.
 */
export type MigrationErrorCode = "ROLES_MISSING" | "MIGRATIONS_AHEAD" | "MIGRATION_FAILED" | "MIGRATION_LOCK_TIMEOUT";

export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
