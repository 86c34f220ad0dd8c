import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { asset } from "#lib/assets.ts";

export interface Spawned {
  /** Resolves when it has said that it is ready. */
  ready: Promise<void>;
  /** Sends the signal and waits for the end: the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** Bundles programs of this folder, which start many times: compiling them at each start would take most of the test's time. */
export async function bundlePrograms(programs: readonly string[], folder: string): Promise<void> {
  // By it a program knows where its files are.
  cpSync(asset("supergraph.yaml"), join(folder, "supergraph.yaml"));
  await build({
    entryPoints: programs.map((program) => asset(`tests/events/${program}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/** Starts a bundled program as a process of its own. */
export function spawned(folder: string, program: string, values: unknown): Spawned {
  const child: ChildProcess = spawn(process.execPath, [join(folder, `${program}.mjs`), JSON.stringify(values)], {
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
