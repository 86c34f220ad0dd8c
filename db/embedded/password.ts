import type { Binaries } from "./binaries.ts";
import { runAs } from "./command.ts";
import { ownerRole } from "./connection-record.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import type { ServerUser } from "./server-user.ts";

/**
 * Sets a new password of the owner in a stopped cluster whose postgres.json is lost. A user who can run PostgreSQL on the data needs no password (single-user
 * mode).
 */
export async function resetPassword(binaries: Binaries, user: ServerUser, pgdata: string, password: string) {
  const statement = `alter role ${ownerRole} password '${password}'\n`;
  const options = ["--single", "-D", pgdata, "-c", "password_encryption=scram-sha-256", "postgres"];
  const { ok, output } = await runAs(user, binaries.postgres, options, statement);
  if (ok && !/ERROR|FATAL/.test(output)) return;
  throw new EmbeddedPostgresError(
    "START_FAILED",
    `The password for the data in ${pgdata} is lost with its postgres.json, and a new one could not be set:\n${output}`,
  );
}
