import { spawn } from "node:child_process";
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serverEnvironment } from "./command.ts";
import { errorCode } from "./errors.ts";
import { identify, isAlive, type ProcessIdentity, processStatus } from "#lib/process/process-identity.ts";
import type { ServerUser } from "./server-user.ts";

/** The server's main process, as its `postmaster.pid` describes it. */
export interface Postmaster extends ProcessIdentity {
  port: number;
  status: string;
}

/**
 * Returns the running server of this PGDATA. After a crash the file remains, and its number may belong to any process by now. So the process must be a
 * `postgres` that works in this folder.
 */
export function findPostmaster(pgdata: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(pgdata, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const identity = identify(Number(lines[0]));
  if (identity === undefined || !servesFrom(identity.pid, pgdata)) return undefined;
  return { ...identity, port: Number(lines[3]), status: lines[7]?.trim() ?? "" };
}

function servesFrom(pid: number, pgdata: string): boolean {
  if (process.platform !== "linux") return processStatus(pid, "args=")?.includes(`postgres -D ${pgdata} `) ?? false;
  try {
    const program = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
    return basename(program) === "postgres" && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(pgdata);
  } catch {
    return false;
  }
}

/** Starts the server in a session of its own. Ctrl-C in a terminal then reaches only this process, and in-flight requests keep their database. */
export function spawnPostmaster(
  program: string,
  user: ServerUser,
  arguments_: readonly string[],
  logFile: number,
): Promise<ProcessIdentity | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, {
      cwd: "/",
      env: serverEnvironment,
      detached: true,
      stdio: ["ignore", logFile, logFile],
      ...user.switch,
    });
    child.on("error", reject);
    child.on("spawn", () => resolve(child.pid === undefined ? undefined : identify(child.pid)));
    child.unref();
  });
}

/** Waits until the server accepts connections. Returns false when its process has ended or `limitMs` have passed. */
export async function waitUntilReady(server: ProcessIdentity, pgdata: string, limitMs = 300_000): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(server) && performance.now() < deadline) {
    const found = findPostmaster(pgdata);
    if (found?.pid === server.pid && found.status === "ready") return true;
    await delay(10);
  }
  return false;
}

/**
 * Stops the server. Requests a fast shutdown (sessions end, a checkpoint is written) for up to 60 s, then an immediate one, from which the next start recovers.
 * Returns whether it was the fast one.
 */
export async function stopPostmaster(server: ProcessIdentity): Promise<boolean> {
  if (await signalAndWait(server, "SIGINT", 60_000)) return true;
  await signalAndWait(server, "SIGQUIT", 15_000);
  return false;
}

async function signalAndWait(server: ProcessIdentity, signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  try {
    if (isAlive(server)) process.kill(server.pid, signal);
  } catch (error) {
    // Otherwise the process has just ended.
    if (errorCode(error) === "EPERM") return false;
  }
  while (isAlive(server)) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
