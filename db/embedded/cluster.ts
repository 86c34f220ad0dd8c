import { chmodSync, chownSync, closeSync, fsyncSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { runAs } from "./command.ts";
import { ownerRole } from "./connection-record.ts";
import { EmbeddedPostgresError, errorCode } from "./errors.ts";
import type { ServerUser } from "./server-user.ts";

/** Returns the major version of the data in PGDATA; undefined when there is none. */
export function dataVersion(pgdata: string): number | undefined {
  try {
    return Number(readFileSync(join(pgdata, "PG_VERSION"), "utf8"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new EmbeddedPostgresError(
      "DATA_DIR_UNUSABLE",
      `The data in ${pgdata} belong to another user (${String(error)}). Run as that user, or choose another data ` +
        "folder with --data-dir or NOVACRON_DATA_DIR.",
      { cause: error },
    );
  }
}

/**
 * Creates PGDATA. It is created next to its final place and moved there when it is complete, so that an interrupted run leaves nothing that looks like data.
 * What such runs left is removed.
 */
export async function createCluster(
  binaries: Binaries,
  user: ServerUser,
  pgdata: string,
  password: string,
  durable: boolean,
): Promise<void> {
  const base = dirname(pgdata);
  const prefix = `${basename(pgdata)}.new-`;
  for (const left of readdirSync(base)) {
    if (left.startsWith(prefix)) rmSync(join(base, left), { recursive: true, force: true });
  }
  const work = mkdtempSync(join(base, prefix));
  try {
    const passwordFile = join(work, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [work, passwordFile]) if (user.switch) chownSync(path, user.switch.uid, user.switch.gid);
    chmodSync(work, 0o700);
    const data = join(work, "data");
    const result = await runAs(user, binaries.initdb, [
      `--pgdata=${data}`,
      `--username=${ownerRole}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The same order and case rules everywhere, whatever locales the machine has.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--data-checksums",
      ...(durable ? [] : ["--no-sync"]),
    ]);
    if (!result.ok) throw initdbFailed(pgdata, result.output);
    moveInto(data, pgdata);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function moveInto(data: string, pgdata: string): void {
  try {
    renameSync(data, pgdata);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "DATA_DIR_UNUSABLE",
      `${pgdata} holds files that are no PostgreSQL data. Move them away, or choose another data folder with ` +
        "--data-dir or NOVACRON_DATA_DIR.",
      { cause: error },
    );
  }
  const folder = openSync(dirname(pgdata), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function initdbFailed(pgdata: string, output: string): EmbeddedPostgresError {
  const nameless = output.includes("could not look up effective user ID");
  const hint = nameless ? " The user of this process needs a name: an entry in /etc/passwd." : "";
  return new EmbeddedPostgresError("START_FAILED", `The databases in ${pgdata} could not be made:\n${output}${hint}`);
}
