import { spawn } from "node:child_process";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  url: string;
  pid: number;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

type Environment = Record<string, string | undefined>;

/** Runs `novacron …` as a person would, from the checkout. */
function run(args: readonly string[], env: Environment) {
  const child = spawn("node", ["cli/bin.js", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...output })));
  return { child, output, ended };
}

export const novacron = (args: readonly string[], env: Environment = {}): Promise<Ended> => run(args, env).ended;

/** Starts the product and waits for its one line. */
export async function startNovacron(args: readonly string[], env: Environment = {}): Promise<Started> {
  const { child, output, ended } = run(["start", "--port", "0", ...args], env);
  const ready = new Promise<string>((resolve) => {
    child.stdout.on("data", () => {
      const url = /^novacron ready (\S+)$/m.exec(output.stdout)?.[1];
      if (url) resolve(url);
    });
  });
  const first = await Promise.race([ready, ended]);
  if (typeof first !== "string") throw new Error(`start ended with ${String(first.code)}:\n${first.stderr}`);
  return {
    url: first,
    pid: child.pid ?? 0,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}
