import { closeSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { freePort } from "./free-port.ts";
import { findPostmaster, type Postmaster, spawnPostmaster, stopPostmaster, waitUntilReady } from "./postmaster.ts";
import { logSize, openServerLog, readLogSince, serverLogPath } from "./server-log.ts";
import { settingArguments } from "./settings.ts";

interface StartRequest {
  dataDir: string;
  folder: DataFolder;
  binaries: Binaries;
  settings: Record<string, string>;
  port: number;
  /** Whether only this port will do: PORT_TAKEN instead of another port. */
  portRequired: boolean;
  log: (line: string) => void;
}

/** Starts the server of a folder in which none is running. Throws PORT_TAKEN, START_FAILED. */
export async function launch(request: StartRequest): Promise<Postmaster> {
  const deadline = performance.now() + 30_000;
  let { port } = request;
  for (;;) {
    const outcome = await tryLaunch(request, port);
    if ("pid" in outcome) return outcome;
    const portUnusable = outcome.output.includes("could not bind");
    if (portUnusable && request.portRequired) throw portTaken(port, outcome.output);
    // After a kill -9 of the main process, its sessions hold the data for a moment longer.
    const dataHeld = outcome.output.includes("pre-existing shared memory block");
    if (!(portUnusable || dataHeld) || performance.now() > deadline) throw startFailed(request.dataDir, outcome.output);
    if (portUnusable) {
      request.log(`Port ${port} cannot be used any more: choosing another one`);
      port = await freePort();
    }
    if (dataHeld) await delay(100);
  }
}

/** Removes the PID file that a crash left. PostgreSQL would refuse to start if another process of that user has the number by now. */
export function removeStalePidFile(pgdata: string): void {
  if (findPostmaster(pgdata) === undefined) rmSync(join(pgdata, "postmaster.pid"), { force: true });
}

async function tryLaunch(request: StartRequest, port: number): Promise<Postmaster | { output: string }> {
  const { pgdata, user } = request.folder;
  removeStalePidFile(pgdata);
  const logFile = openServerLog(request.dataDir);
  const from = logSize(logFile);
  try {
    const arguments_ = ["-D", pgdata, "-p", String(port), ...settingArguments(request.settings)];
    const child = await spawnPostmaster(request.binaries.postgres, user, arguments_, logFile);
    const ready = child !== undefined && (await waitUntilReady(child, pgdata));
    const running = findPostmaster(pgdata);
    if (ready && running !== undefined) return running;
    if (child !== undefined) await stopPostmaster(child);
    return { output: readLogSince(logFile, from) };
  } finally {
    closeSync(logFile);
  }
}

const portTaken = (port: number, output: string) => {
  const why = output.includes("Address already in use") ? "is taken by another program" : "may not be opened";
  const message = `Port ${port} on 127.0.0.1 ${why}. Choose another port for the embedded PostgreSQL.`;
  return new EmbeddedPostgresError("PORT_TAKEN", message);
};

const startFailed = (dataDir: string, output: string) =>
  new EmbeddedPostgresError(
    "START_FAILED",
    `The embedded PostgreSQL did not start; ${serverLogPath(dataDir)} ends with:\n${output}`,
  );
