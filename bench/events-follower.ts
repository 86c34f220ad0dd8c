import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { closeDatabases, openDatabases } from "#runtime/databases.ts";
import { notifyBus } from "#db/event-log/buses/notify.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { EventLog } from "#db/event-log/event-log.ts";

/** A reader of the vms database's log. */
export interface Follower {
  /**
   * Resolves with the time at which each of the next events was seen, in milliseconds since the epoch, once `count` have been seen. Call it before the events
   * are written.
   */
  next(count: number): Promise<number[]>;
  stop(): Promise<void>;
}

/** Starts a follower in a process of its own. */
export async function startFollower(
  urls: Readonly<Record<string, string>>,
  redisUrl: string | undefined,
): Promise<Follower> {
  const child = spawn("node", ["--import", "tsx", fileURLToPath(import.meta.url)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, FOLLOWER_URLS: JSON.stringify(urls), FOLLOWER_REDIS: redisUrl ?? "" },
  });
  const ended = once(child, "exit");
  const seen: number[] = [];
  let wanted: { count: number; resolve: (times: number[]) => void } | undefined;
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line === "ready") return resolve();
      const [at, events] = line.split(" ").map(Number);
      for (let count = 0; count < (events ?? 0); count += 1) seen.push(at ?? 0);
      if (wanted && seen.length >= wanted.count) wanted.resolve(seen.splice(0, wanted.count));
    });
  });
  await ready;
  return {
    next: (count) => new Promise((resolve) => (wanted = { count, resolve })),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Prints `time events` for every batch that it sees. */
async function follow(urls: Readonly<Record<string, string>>, redisUrl: string): Promise<void> {
  const stopping = new AbortController();
  process.once("SIGTERM", () => stopping.abort());
  const url = (domain: string) => urls[domain] ?? "";
  const systems = await openDatabases({ url, embedded: false, stop: async () => undefined }, "system");
  const bus = redisUrl ? redisBus(redisUrl) : notifyBus({ databases: systems, url });
  const log = new EventLog({ databases: systems, buses: [bus], signal: stopping.signal });
  const start = await log.head(["vms"]);
  while (!bus.healthy) await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write("ready\n");
  for await (const { events } of log.follow(start, { sources: ["vms"], signal: stopping.signal })) {
    if (events.length > 0) process.stdout.write(`${performance.timeOrigin + performance.now()} ${events.length}\n`);
  }
  await log.running;
  await bus.close();
  await closeDatabases(systems);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await follow(
    JSON.parse(process.env["FOLLOWER_URLS"] ?? "{}") as Record<string, string>,
    process.env["FOLLOWER_REDIS"] ?? "",
  );
}
