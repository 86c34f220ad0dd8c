import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export interface Running {
  pid: number;
  url: string;
  /** The CPU time that the process has used, in milliseconds (user and system). */
  cpuMs(): number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The flags with which `npm start` and the image start a process. */
const nodeFlags = ["--max-semi-space-size=64"];

/** Starts a process of the product, or another measured one, and waits for its line `… ready URL` or `… Listening on URL`. */
export async function runUntilReady(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  return running(
    spawn("node", [...nodeFlags, ...args], { stdio: ["ignore", "pipe", "inherit"], ...withEnv(env) }),
    args,
  );
}

/** What a process holds after a garbage collection, in bytes, and how many sockets, timers and threads keep it alive. */
export interface Held {
  heapUsed: number;
  rss: number;
  resources: number;
}

/** Does the same for a process whose memory is inspected. */
export async function runWithProbe(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Running & { held(): Promise<Held> }> {
  const flags = [...nodeFlags, "--expose-gc", "--import", "./bench/heap-probe.js", ...args];
  const child = spawn("node", flags, { stdio: ["ignore", "pipe", "inherit", "ipc"], ...withEnv(env) });
  return {
    ...(await running(child, args)),
    held: async () => {
      child.send("look");
      const [held] = (await once(child, "message")) as [Held];
      return held;
    },
  };
}

const withEnv = (env: Record<string, string>) => ({ env: { ...process.env, LOG_LEVEL: "warn", ...env } });

async function running(child: ChildProcess, args: readonly string[]): Promise<Running> {
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await readyLine(child, args);
  const pid = child.pid ?? 0;
  return {
    pid,
    url,
    cpuMs: () => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await exited;
    },
  };
}

function readyLine(child: ChildProcess, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /(?:ready|Listening on) (http[\w:/.-]+)/.exec(printed)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", (code) =>
      reject(new Error(`node ${args.join(" ")} ended with ${String(code)} before it was ready`)),
    );
  });
}

/** Runs a command of the product to its end. */
export async function runToEnd(args: readonly string[]): Promise<void> {
  const child = spawn("node", args, { stdio: ["ignore", "ignore", "inherit"] });
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${String(code)}`);
}
