import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Child {
  /** The URL in the process's ready line; empty if the line has none. */
  url: string;
  pid: number;
  /** Pauses the process, or resumes it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Resolves when the process ends for any reason, to its exit code or to the signal that ended it. */
  ended: Promise<number | string | null>;
  /** Sends the signal and waits for the process to end. Resolves to its exit code, or to the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** Starts one bundle as a process, and resolves when it prints its line `novacron … ready …`. */
export async function startChild(
  bundle: string,
  env: Record<string, string>,
  args: readonly string[] = [],
  cwd?: string,
): Promise<Child> {
  const child: ChildProcess = spawn(process.execPath, [bundle, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], NOVACRON_ENV_FILE: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = exited.then(([code, by]) => code ?? by);
  const url = await (async () => {
    if (!child.stdout) throw new Error("The process has no output.");
    for await (const line of createInterface({ input: child.stdout })) {
      const ready = /^novacron (?:[\w-]+ )?ready ?(\S*)$/.exec(line);
      if (ready) return ready[1] ?? "";
    }
    throw new Error(`${bundle} ended without being ready:\n${complaints}`);
  })();
  child.stdout?.resume();
  return {
    url,
    pid: child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    ended,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}
