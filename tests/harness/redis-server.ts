import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { vi } from "vitest";
import { freePort } from "#db/embedded/free-port.ts";

/** The server's program: the one that NOVACRON_REDIS_SERVER names, or one on the PATH. Without it, the tests that need it are skipped and report that. */
export const redisProgram = [process.env["NOVACRON_REDIS_SERVER"], "redis-server"].find(
  (program) => program && spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0,
);

export interface RedisServer {
  url: string;
  /** Sends one command, on a connection of its own. */
  command(name: string, ...values: string[]): Promise<unknown>;
  /** Kills the server with SIGKILL; its data is lost. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Keeps its connections open and answers nothing. */
  hang(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Starts a Redis server for one test, on a free port; it stores nothing on disk. */
export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "novacron-redis-"));
  const port = await freePort();
  let child: ChildProcess;
  const start = async () => {
    const given = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
    child = spawn(redisProgram ?? "", [...given, ...settings], { stdio: "ignore" });
    await vi.waitFor(() => connected(port), { timeout: 10_000, interval: 20 });
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    command: async (name, ...values) => {
      const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: 0, retryStrategy: () => null });
      try {
        return await client.call(name, ...values);
      } finally {
        client.disconnect();
      }
    },
    start,
    kill,
    hang: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function connected(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}
