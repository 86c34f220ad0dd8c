import type { RedisServer } from "#tests/harness/redis-server.ts";
import type { OwnPostgres } from "./own-postgres.ts";

export interface Breakable {
  postgres: OwnPostgres;
  redis: RedisServer | undefined;
  /** Kills a relay, and starts it again. */
  killRelay(): Promise<void>;
  /** Resolves when followers have received many more events. */
  progress(): Promise<void>;
}

export interface Fault {
  name: string;
  run(breakable: Breakable): Promise<void>;
}

const ofRedis = (name: string, run: (redis: RedisServer, breakable: Breakable) => Promise<void>): Fault => ({
  name,
  run: async (breakable) => {
    if (breakable.redis) await run(breakable.redis, breakable);
  },
});

/**
 * The faults that the proof causes while the product works. During each fault of Redis the product continues, and relays are killed during all of
 * them.
 */
export const proofFaults: readonly Fault[] = [
  ofRedis("Redis is killed, and starts empty", async (redis, { progress, killRelay }) => {
    await redis.kill();
    await progress();
    await killRelay();
    await progress();
    await redis.start();
  }),
  {
    name: "PostgreSQL crashes, a relay dies, and PostgreSQL starts again",
    run: async ({ postgres, killRelay, progress }) => {
      await postgres.crash();
      await killRelay();
      await postgres.restart();
      await progress();
    },
  },
  ofRedis("Redis hangs, and resumes", async (redis, { progress, killRelay }) => {
    redis.hang();
    await progress();
    await killRelay();
    await progress();
    redis.resume();
  }),
  ofRedis("Redis is flushed", async (redis, { progress, killRelay }) => {
    await redis.command("FLUSHALL");
    await killRelay();
    await redis.command("FLUSHALL");
    await progress();
  }),
  {
    name: "PostgreSQL crashes twice",
    run: async ({ postgres, progress }) => {
      await postgres.crash();
      await postgres.restart();
      await postgres.crash();
      await postgres.restart();
      await progress();
    },
  },
  ofRedis("Redis becomes a replica of a server that does not exist", async (redis, { progress, killRelay }) => {
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    await progress();
    await killRelay();
    await progress();
    await redis.command("REPLICAOF", "NO", "ONE");
  }),
  ofRedis("Redis refuses writes without replicas", async (redis, { progress }) => {
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "1");
    await progress();
    await redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
  }),
];
