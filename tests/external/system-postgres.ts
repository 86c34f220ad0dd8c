import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runAs } from "#db/embedded/command.ts";
import { freePort } from "#db/embedded/free-port.ts";
import { launch } from "#db/embedded/launch.ts";
import { stopPostmaster } from "#db/embedded/postmaster.ts";
import { chooseServerUser } from "#db/embedded/server-user.ts";
import { serverSettings } from "#db/embedded/settings.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

/** An external PostgreSQL, as a customer's administrator would set it up, empty. */
export interface SystemPostgres {
  majorVersion: number;
  /** Returns the connection URL of a user; by default of the superuser. */
  url(database: string, user?: string): string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** The password of every user of this server. */
export const password = "of-a-test";
const superuser = "postgres";

/**
 * Creates an empty cluster in a separate folder and starts it on a free loopback port.
 * @param bin the folder with `initdb` and `postgres`
 * @throws Error when these do not run
 */
export async function startSystemPostgres(bin: string): Promise<SystemPostgres> {
  const binaries = { postgres: join(bin, "postgres"), initdb: join(bin, "initdb") };
  const user = chooseServerUser(undefined);
  const version = await runAs(user, binaries.postgres, ["--version"]);
  const majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(version.output)?.[1]);
  if (!version.ok || Number.isNaN(majorVersion)) throw new Error(`${binaries.postgres}: ${version.output}`);

  const folder = temporaryDataDir("novacron-system-postgres-");
  try {
    const owned = mkdtempSync(join(folder, "cluster-"));
    const passwordFile = join(owned, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user.switch) for (const path of [owned, passwordFile]) chownSync(path, user.switch.uid, user.switch.gid);
    const pgdata = join(owned, "data");
    const made = await runAs(user, binaries.initdb, [
      `--pgdata=${pgdata}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
      "--no-sync",
    ]);
    if (!made.ok) throw new Error(made.output);
    const server = await launch({
      dataDir: folder,
      folder: { pgdata, user },
      binaries: { ...binaries, majorVersion },
      settings: serverSettings({ fsync: "off" }),
      port: await freePort(),
      portRequired: false,
      log: () => undefined,
    });
    return {
      majorVersion,
      url: (database, name = superuser) => `postgres://${name}:${password}@127.0.0.1:${server.port}/${database}`,
      stop: async () => {
        await stopPostmaster(server);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
