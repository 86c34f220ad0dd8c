import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { type LogFixture, logFixture } from "#tests/events/log-fixture.ts";
import { until } from "#tests/events/until.ts";
import { redisProgram, type RedisServer, startRedis } from "#tests/harness/redis-server.ts";
import { neverMs, type RedisFollower, redisFollower, upTo, usualMs } from "./redis-follower.ts";

const some = { source: "vms", log: "a log", after: 0, last: 1 } as const;

describe.skipIf(!redisProgram)("the event log (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
  let fixture: LogFixture;
  let redis: RedisServer;
  let follower: RedisFollower;
  beforeAll(async () => {
    fixture = await logFixture();
  });
  afterAll(async () => {
    await fixture.stop();
  });
  beforeEach(async () => {
    redis = await startRedis();
    follower = await redisFollower(fixture, redis.url, usualMs);
  });
  afterEach(async () => {
    await follower.end();
    await redis.stop();
  });

  /** Expects that Redis alone delivers events again, to a follower that does not poll. */
  const expectRedisToBring = async () => {
    const redisOnly = await redisFollower(fixture, redis.url, neverMs);
    expect(await redisOnly.given(5)).toEqual(upTo(5));
    await redisOnly.end();
  };

  it("fault 20: survives the end of Redis: writers notice nothing, all events arrive, though late, and Redis is used again", async () => {
    expect(await follower.given(3)).toEqual(upTo(3));
    await redis.kill();
    expect(await follower.given(10)).toEqual(upTo(10));
    await until("the follower's bus is unhealthy", () => !follower.bus.healthy);
    await redis.start();
    await until("the follower's bus is healthy again", () => follower.bus.healthy);
    expect(await follower.given(10)).toEqual(upTo(10));
    await expectRedisToBring();
  });

  it("fault 20: starts without Redis, and uses it when it becomes available", async () => {
    await redis.kill();
    const bus = redisBus(redis.url);
    await expect(bus.announce(some)).rejects.toThrow("isn't writeable");
    expect(bus.healthy).toBe(false);
    await redis.start();
    await until("the bus can announce", () =>
      bus.announce(some).then(
        () => true,
        () => false,
      ),
    );
    await bus.close();
  });

  it("fault 21: waits 100 ms and no longer for a Redis that hangs, and queues nothing for it", async () => {
    expect(await follower.given(1)).toEqual([1]);
    const bus = redisBus(redis.url);
    await until("the bus can announce", () =>
      bus.announce(some).then(
        () => true,
        () => false,
      ),
    );
    redis.hang();
    const begun = performance.now();
    await expect(bus.announce(some)).rejects.toThrow("Command timed out");
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThan(90);
    // The processors are shared: a timer may fire late, but the wait for a second connection would take longer.
    expect(waited).toBeLessThan(1_000);
    expect(await follower.given(10)).toEqual(upTo(10));
    // The bus closes the silent connection, and drops the commands that waited on it; the next ones fail at once.
    await until("the bus has closed the silent connection", () =>
      bus.announce(some).then(
        () => false,
        (error: Error) => !error.message.includes("timed out"),
      ),
    );
    redis.resume();
    await until("the follower's bus is healthy again", () => follower.bus.healthy);
    await bus.close();
    await expectRedisToBring();
  });

  it("fault 22: continues with a Redis that is flushed", async () => {
    expect(await follower.given(3)).toEqual(upTo(3));
    const redisOnly = await redisFollower(fixture, redis.url, neverMs);
    await redis.command("FLUSHALL");
    expect(await redisOnly.given(5)).toEqual(upTo(5));
    await redis.command("FLUSHALL");
    expect(await redisOnly.given(5)).toEqual(upTo(5));
    await redisOnly.end();
  });

  it("fault 22: continues with a Redis that evicts its entries", async () => {
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
    expect(await follower.given(3)).toEqual(upTo(3));
    const used = String(await redis.command("INFO", "memory"));
    await redis.command("CONFIG", "SET", "maxmemory", /used_memory:(\d+)/.exec(used)?.[1] ?? "1mb");
    for (let key = 0; key < 50; key += 1) {
      await redis.command("SET", `other:${key}`, "x".repeat(20_000)).catch(() => undefined);
    }
    expect(String(await redis.command("INFO", "stats"))).toMatch(/evicted_keys:[1-9]/);
    expect(await follower.given(10)).toEqual(upTo(10));
  });

  it("fault 22: continues with a Redis that has no space or accepts no writes, and uses it again when it does", async () => {
    expect(await follower.given(3)).toEqual(upTo(3));
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    expect(await follower.given(5)).toEqual(upTo(5));
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    expect(await follower.given(5)).toEqual(upTo(5));
    await redis.command("REPLICAOF", "NO", "ONE");
    await until("the follower's bus is healthy again", () => follower.bus.healthy);
    await expectRedisToBring();
  });
});
