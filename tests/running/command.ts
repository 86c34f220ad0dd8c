import { spawn } from "node:child_process";
import { vi } from "vitest";
import { asset } from "#lib/assets.ts";
import { failureText } from "#lib/process/run-process.ts";
import { bundle } from "#tests/harness/bundles.ts";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  /** The first group of the line that reports that the command is ready. */
  url: string;
  /** Resolves to the first group of a match in what the command has printed, or will print, on standard error. */
  printedError(pattern: RegExp): Promise<string>;
  /** Returns everything that it has printed on standard error. */
  errors(): string;
  pid: number;
  /** Sends the signal and waits for the process to end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

type Environment = Record<string, string | undefined>;

/** Starts `novacron …` from its bundle, or from the checkout as a user would. @param cwd the folder in which it is started */
export function beginNovacron(
  args: readonly string[],
  env: Environment,
  from: "bundle" | "checkout" = "bundle",
  cwd?: string,
) {
  const program = from === "bundle" ? bundle("cli/run.ts") : asset("cli/bin.js");
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...output })));
  return { child, output, ended };
}

export const novacron = (args: readonly string[], env: Environment = {}, cwd?: string): Promise<Ended> =>
  beginNovacron(args, env, "bundle", cwd).ended;

let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs `novacron …` in this process, for tests of what a command does and not of its process, in a tenth of the time. Commands run one after the other,
 * because they share the environment and the output.
 */
export function novacronHere(args: readonly string[], env: Environment = {}): Promise<Ended> {
  const ended = previous.then(() => runHere(args, env));
  previous = ended;
  return ended;
}

/** What a command ends with that ends its process: wrong use, and `--help`. */
class Exit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("The process ended.");
    this.exitCode = exitCode;
  }
}

const endedWith = (): number => Number(process.exitCode ?? 0);

async function runHere(args: readonly string[], env: Environment): Promise<Ended> {
  const { main } = await import("#cli/main.ts");
  const output = { stdout: "", stderr: "" };
  const captured = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((chunk) => {
      output[stream] += String(chunk);
      return true;
    }),
  );
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Exit(Number(code ?? 0));
  });
  const environment = process.env;
  process.env = { ...environment, ...env };
  for (const [name, value] of Object.entries(env)) if (value === undefined) Reflect.deleteProperty(process.env, name);
  const { exitCode } = process;
  try {
    process.exitCode = undefined;
    await main([process.execPath, "novacron", ...args]);
    return { code: endedWith(), ...output };
  } catch (error) {
    if (error instanceof Exit) return { code: error.exitCode, ...output };
    return { code: 1, stdout: output.stdout, stderr: `${output.stderr}${failureText(error)}\n` };
  } finally {
    process.exitCode = exitCode;
    process.env = environment;
    for (const each of [exit, ...captured]) each.mockRestore();
  }
}

/** Starts the product and waits for its ready line. */
export const startNovacron = (
  args: readonly string[],
  env: Environment = {},
  from?: "bundle" | "checkout",
): Promise<Started> => startCommand(["start", "--port", "0", ...args], env, /^novacron ready (\S+)$/m, from);

/** Starts a command that runs until it is stopped, and waits until it has printed a line. */
export async function startCommand(
  args: readonly string[],
  env: Environment,
  line: RegExp,
  from?: "bundle" | "checkout",
): Promise<Started> {
  const { child, output, ended } = beginNovacron(args, env, from);
  const printed = (stream: "stdout" | "stderr", pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const look = () => {
        const match = pattern.exec(output[stream]);
        if (match) resolve(match[1] ?? match[0]);
      };
      child[stream].on("data", look);
      look();
    });
  const first = await Promise.race([printed("stdout", line), ended]);
  if (typeof first !== "string") throw new Error(`${args[0]} ended with ${String(first.code)}:\n${first.stderr}`);
  return {
    url: first,
    printedError: (pattern) => printed("stderr", pattern),
    errors: () => output.stderr,
    pid: child.pid ?? 0,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}
