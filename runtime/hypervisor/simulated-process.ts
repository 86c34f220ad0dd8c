import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { dirname, join, resolve as absolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, readConnection } from "#hypervisors/simulated/connection-file.ts";
import { asset } from "#lib/assets.ts";
import { makeFolder } from "#lib/files/make-folder.ts";
import { log } from "#lib/observability/log.ts";
import { pause } from "#lib/pause.ts";
import { isAlive } from "#lib/process/process-identity.ts";

const entry = asset(
  import.meta.url.endsWith(".ts") ? "hypervisors/simulated/main-from-source.js" : "hypervisors/simulated/main.js",
);

/** The delay before a process that has ended is started again: it doubles from the first to the longest. */
const restartDelaysMs = { first: 100, longest: 5_000 };
/** A process that has run for so long has not failed at its start. */
const steadyMs = 10_000;
/** The interval of checks whether a process that another one has started still runs. */
const checkMs = 500;
/** How long the process may take to stop. */
const stopMs = 12_000;

/**
 * Keeps a process of the simulated hypervisor running on a folder. One that runs there already is used: that of another `novacron start`, or one whose starter
 * was killed. It runs on when this process is killed.
 */
export function keepSimulatedHypervisor(
  path: string,
  latency: "none" | "realistic",
): { ready: Promise<void>; stop(): Promise<void> } {
  const folder = absolute(path);
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let isReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const endChild = () => void child?.kill("SIGTERM");
  process.once("exit", endChild);

  const keep = async () => {
    makeFolder(dirname(folder));
    makeFolder(folder, 0o700);
    let delayMs = restartDelaysMs.first;
    // A folder that was removed is not made again: its data are gone.
    while (!stopping.signal.aborted && existsSync(folder)) {
      const running = livingProcess(folder);
      if (running) {
        isReady?.();
        await pause(checkMs, stopping.signal);
        continue;
      }
      const beganAt = Date.now();
      child = startProcess(folder, latency);
      const exited = exitOf(child);
      child.stdout?.once("data", () => isReady?.());
      const code = await exited;
      child = undefined;
      if (stopping.signal.aborted || livingProcess(folder)) continue;
      log.hypervisors.error(
        { code, reason: lastLineOf(folder) },
        "the simulated hypervisor has ended; it is started again",
      );
      if (Date.now() - beganAt > steadyMs) delayMs = restartDelaysMs.first;
      await pause(delayMs, stopping.signal);
      delayMs = Math.min(delayMs * 2, restartDelaysMs.longest);
    }
  };
  const kept = keep();
  return {
    ready,
    stop: async () => {
      stopping.abort();
      process.removeListener("exit", endChild);
      if (child) await endOf(child);
      await kept;
      const left = livingProcess(folder);
      // That of another living process stays.
      if (left && !(left.startedBy && isAlive(left.startedBy))) await endOrphan(left);
    },
  };
}

/** Returns the process that has the folder's store open. */
function livingProcess(folder: string): Connection | undefined {
  const connection = readConnection(folder);
  return connection && isAlive(connection.process) ? connection : undefined;
}

/** Starts the process in a session of its own: Ctrl-C in a terminal reaches this process, which stops it when operations are given back. */
function startProcess(folder: string, latency: string): ChildProcess {
  const errors = openSync(errorsFile(folder), "w", 0o600);
  try {
    return spawn(process.execPath, [entry, folder, latency], {
      cwd: "/",
      detached: true,
      // Its errors go to a file, which outlives this process.
      stdio: ["ignore", "pipe", errors],
      // None of our secrets.
      env: { LOG_LEVEL: process.env["LOG_LEVEL"] ?? "info" },
    });
  } finally {
    closeSync(errors);
  }
}

const exitOf = async (child: ChildProcess): Promise<number | string> => {
  const [code, signal] = (await once(child, "exit").catch((error: Error) => [error.message])) as [
    number | string | null,
    string | null,
  ];
  return code ?? signal ?? "unknown";
};

async function endOf(child: ChildProcess): Promise<void> {
  const exited = exitOf(child);
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
  await exited;
  clearTimeout(late);
}

async function endOrphan({ process: orphan }: Connection): Promise<void> {
  const giveUpAt = Date.now() + stopMs;
  process.kill(orphan.pid, "SIGTERM");
  while (isAlive(orphan) && Date.now() < giveUpAt) await delay(20);
  if (isAlive(orphan)) process.kill(orphan.pid, "SIGKILL");
}

const errorsFile = (folder: string): string => join(folder, "errors.log");

function lastLineOf(folder: string): string | undefined {
  try {
    return readFileSync(errorsFile(folder), "utf8").trimEnd().split("\n").at(-1);
  } catch {
    return undefined;
  }
}
