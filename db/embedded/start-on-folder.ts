import { findBinaries } from "./binaries.ts";
import { createCluster, dataVersion } from "./cluster.ts";
import { type ConnectionRecord, newPassword, ownerRole, writeRecord } from "./connection-record.ts";
import { type DataFolder, recordedPath } from "./data-folder.ts";
import { canLogIn } from "./databases.ts";
import { EmbeddedPostgresError, useOtherServer } from "./errors.ts";
import { freePort } from "./free-port.ts";
import { resetPassword } from "./password.ts";
import { launch, removeStalePidFile } from "./launch.ts";

export interface FolderStart {
  dataDir: string;
  folder: DataFolder;
  /** The record of an earlier start, if there was one. */
  record: ConnectionRecord | undefined;
  settings: Record<string, string>;
  port: number | undefined;
  log: (line: string) => void;
}

/** Creates the cluster if there is none, and starts its server. Returns the record, with the port that the server got. */
export async function startOnFolder(request: FolderStart): Promise<ConnectionRecord> {
  const { dataDir, folder, settings, log } = request;
  const { pgdata, user } = folder;
  const version = dataVersion(pgdata);
  const binaries = await findBinaries(user, log);
  if (version !== undefined && version !== binaries.majorVersion) {
    throw new EmbeddedPostgresError(
      "DATA_VERSION_MISMATCH",
      `The data in ${pgdata} are of PostgreSQL ${version}, the embedded one is ${binaries.majorVersion}. Move the data ` +
        `over with pg_dump or pg_upgrade, or choose another data folder with --data-dir or NOVACRON_DATA_DIR. ${useOtherServer}`,
    );
  }
  const password = request.record?.password ?? newPassword();
  const port = request.port ?? request.record?.port ?? (await freePort());
  const record: ConnectionRecord = {
    host: "127.0.0.1",
    port,
    user: ownerRole,
    password,
    pgdata: recordedPath(dataDir, pgdata),
    settings,
    uses: [],
  };
  if (version === undefined) {
    // Records the password before creating the data that needs it: a crash in between must not leave data that no process can open.
    writeRecord(dataDir, record);
    await createCluster(binaries, user, pgdata, password, settings["fsync"] !== "off");
  } else {
    removeStalePidFile(pgdata);
    if (request.record === undefined) {
      log("postgres.json is missing or damaged: giving the database owner a new password");
      await resetPassword(binaries, user, pgdata, password);
    }
    writeRecord(dataDir, record);
  }
  const server = await launch({
    dataDir,
    folder,
    binaries,
    settings,
    port,
    portRequired: request.port !== undefined,
    log,
  });
  const started = { ...record, port: server.port };
  if (await canLogIn(started)) return started;
  throw new EmbeddedPostgresError(
    "START_FAILED",
    `PostgreSQL on ${pgdata} does not take the password in postgres.json. Delete that file to have a new one set.`,
  );
}
