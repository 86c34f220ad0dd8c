import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Child {
  /** The URL of its ready line; empty where it has none. */
  url: string;
  pid: number;
  /** Stops the process where it is, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** How the process ends, whoever ends it: its exit code, or the signal. */
  ended: Promise<number | string | null>;
  /** Sends the signal and waits for the end of the process: its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** Starts one bundle as a process; resolves at its line `novacron … ready …`. */
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
      const ready = /^novacron (?:\w+ )?ready ?(\S*)$/.exec(line);
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
