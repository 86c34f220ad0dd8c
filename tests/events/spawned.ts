import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { bundle } from "#tests/harness/bundles.ts";

export interface Spawned {
  /** Resolves when the program has reported that it is ready. */
  ready: Promise<void>;
  /** Sends the signal and waits for the exit. Returns the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** Starts a program of this folder as a separate process. */
export function spawned(program: string, values: unknown): Spawned {
  const child: ChildProcess = spawn(process.execPath, [bundle(`tests/events/${program}.ts`), JSON.stringify(values)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const ready = Promise.race([
    once(child.stdout ?? child, "data").then(() => undefined),
    exited.then(([code, signal]) => {
      throw new Error(`${program} ended with ${code ?? signal}.`);
    }),
  ]);
  ready.catch(() => undefined);
  return {
    ready,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, by] = await exited;
      return code ?? by;
    },
  };
}
