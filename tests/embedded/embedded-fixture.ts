import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import postgres from "postgres";
import { installedPackage } from "#db/embedded/binaries.ts";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from "#db/embedded/start.ts";
import { bundle } from "#tests/harness/bundles.ts";
import { temporaryDataDir } from "#tests/harness/data-dir.ts";

export const isRoot = process.getuid?.() === 0;

/** The report of `start-in-a-process.ts`: either the server or the error. */
export interface ServerReport {
  url: string;
  port: number;
  dataDir: string;
  adopted: boolean;
  lines: string[];
  code?: string;
  message?: string;
}

/** Folders, servers and processes of one test. `clean` removes them. */
export class EmbeddedFixture {
  readonly #folders: string[] = [];
  readonly #servers: EmbeddedPostgres[] = [];
  readonly #children: ChildProcess[] = [];
  readonly lines: string[] = [];

  /** Creates an empty folder for data that every user can enter. */
  folder(): string {
    const folder = temporaryDataDir("novacron-embedded-test-");
    this.#folders.push(folder);
    return folder;
  }

  /** Creates a folder for programs on disk, because some machines do not execute files from memory. */
  programFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "novacron-embedded-test-"));
    chmodSync(folder, 0o755);
    this.#folders.push(folder);
    return folder;
  }

  async start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
    const log = (line: string) => this.lines.push(line);
    const server = await startEmbeddedPostgres({ databases: ["novacron_vms"], ...fast, dataDir, log, ...more });
    this.#servers.push(server);
    return server;
  }

  /** Starts the server in another process, as `uid` if given. */
  async startInOwnProcess(
    dataDir: string,
    more: Partial<EmbeddedOptions> = {},
    identity: { uid?: number; gid?: number } = {},
  ): Promise<{ child: ChildProcess; report: ServerReport }> {
    const options = JSON.stringify({ databases: ["novacron_vms"], ...fast, dataDir, ...more });
    const child = spawn(process.execPath, [bundle("tests/embedded/start-in-a-process.ts"), options], {
      env: { ...process.env, HOME: dataDir },
      stdio: ["pipe", "pipe", "inherit"],
      ...identity,
    });
    this.#children.push(child);
    for await (const line of createInterface(child.stdout)) return { child, report: JSON.parse(line) as ServerReport };
    throw new Error("The process ended without a report.");
  }

  async clean(): Promise<void> {
    for (const child of this.#children) await kill(child);
    for (const server of this.#servers) {
      await server.stop();
      killPostmaster(server.dataDir);
    }
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

const fast = { settings: { fsync: "off" } };

/** Sends `kill -9`, and waits for the exit. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

export const postmasterPid = (pgdata: string): number =>
  Number(readFileSync(join(pgdata, "postmaster.pid"), "utf8").split("\n")[0]);

function killPostmaster(pgdata: string): void {
  try {
    process.kill(postmasterPid(pgdata), "SIGKILL");
  } catch {
    // It has already stopped, as it should.
  }
}

/** Runs one statement on a separate connection. */
export async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Unpacks PostgreSQL's package as npm does, without the effects of its install script. */
export function unpackPrograms(parent: string): { folder: string; name: string } {
  const { folder, name } = installedPackage();
  const native = join(parent, "native");
  cpSync(folder, native, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as { target: string }[];
  for (const { target } of links) rmSync(join(parent, target), { force: true });
  return { folder: native, name };
}
