import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { kill } from "#tests/embedded/embedded-fixture.ts";
import { until } from "#tests/events/until.ts";
import { bundle } from "#tests/harness/bundles.ts";
import type { SlotWorkerOptions } from "./slot-drill.ts";
import type { DrillSchedule } from "./schedule-of-drill.ts";

export interface WorkerProcess {
  child: ChildProcess;
  lines: string[];
  /** Resolves when the process has printed the line. */
  printed(line: string): Promise<void>;
}

export interface WorkerProcessOptions {
  /** The URL of the vms database. */
  url: string;
  leaseMs: number;
  /** Whether steps stop where the input of their operation wants it. */
  holds?: boolean;
  schedule?: DrillSchedule;
  /** How far the process's clock is ahead; behind when it is negative. */
  clockAheadMs?: number;
  /** Where the saga's callee listens. */
  calleeUrl?: string;
}

function spawnWorker(options: object, program = "tests/operations/worker-process.ts"): WorkerProcess {
  const child = spawn(process.execPath, [bundle(program), JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(line));
  return { child, lines, printed: (line) => until(`a worker prints "${line}"`, () => lines.includes(line)) };
}

/** Starts a worker as a process, and resolves when it works. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const worker = spawnWorker(options);
  onTestFinished(() => kill(worker.child));
  await worker.printed("ready");
  return worker;
}

/** Starts a worker as a process whose operations take slots over HTTP, and resolves when it works. */
export async function startSlotWorker(options: SlotWorkerOptions): Promise<WorkerProcess> {
  const worker = spawnWorker(options, "tests/operations/slot-worker-process.ts");
  onTestFinished(() => kill(worker.child));
  await worker.printed("ready");
  return worker;
}

/** Worker processes, of which one that dies is replaced. */
export interface KeptWorkers {
  /** Returns the lines that all of them have printed. */
  lines(): string[];
  stop(): Promise<void>;
}

/** Keeps worker processes alive until they are stopped. */
export async function keepAlive(count: number, options: object, program?: string): Promise<KeptWorkers> {
  const alive = new Set<ChildProcess>();
  const printed: string[][] = [];
  let isOver = false;
  const replace = (): WorkerProcess => {
    const worker = spawnWorker(options, program);
    printed.push(worker.lines);
    alive.add(worker.child);
    worker.child.once("exit", () => {
      alive.delete(worker.child);
      if (!isOver) replace();
    });
    return worker;
  };
  await Promise.all(Array.from({ length: count }, replace).map((worker) => worker.printed("ready")));
  return {
    lines: () => printed.flat(),
    stop: async () => {
      isOver = true;
      await Promise.all([...alive].map(kill));
    },
  };
}

/**
 * Keeps worker processes alive until the test ends: one that dies is replaced.
 * @returns a function that returns the lines that all of them have printed
 */
export async function keepWorkers(count: number, options: WorkerProcessOptions): Promise<() => string[]> {
  const { lines, stop } = await keepAlive(count, options);
  onTestFinished(stop);
  return lines;
}
