import { once } from "node:events";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IdentifiedCredential } from "#gateway/authentication/identity-cache.ts";
import { KeyLimits } from "#gateway/authentication/key-limits.ts";
import { openRedis } from "#lib/process/redis.ts";
import { newId } from "#lib/uuid.ts";
import { redisProgram, type RedisServer, startRedis } from "#tests/harness/redis-server.ts";

const limit = 5;
const newKey = (): IdentifiedCredential => ({
  identity: {
    kind: "user",
    id: newId(),
    tenantId: newId(),
    permissions: [],
    credential: { kind: "api_key", id: newId() },
  },
  rateLimitPerMinute: limit,
  expiresAt: null,
});
/** Returns the outcome of a request that these limits count. */
const outcome = async (limits: KeyLimits, key: IdentifiedCredential): Promise<string> =>
  limits.take(key).then(
    () => "answered",
    ({ code }: { code: string }) => code,
  );

describe.skipIf(!redisProgram)("47: over Redis (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
  let redis: RedisServer;
  let connections: Redis[];
  let gateways: KeyLimits[];
  beforeAll(async () => {
    redis = await startRedis();
    connections = [openRedis(redis.url), openRedis(redis.url)];
    await Promise.all(connections.map((connection) => once(connection, "ready")));
    gateways = connections.map((connection) => new KeyLimits(connection));
  });
  afterAll(async () => {
    for (const connection of connections) connection.disconnect();
    await redis.stop();
  });

  it("a key's requests per minute are counted across gateways, not for each one", async () => {
    const key = newKey();
    const outcomes: string[] = [];
    for (let at = 0; at < 2 * limit; at += 1) outcomes.push(await outcome(gateways[at % 2] as KeyLimits, key));
    expect(outcomes.slice(0, limit)).toEqual(Array.from({ length: limit }, () => "answered"));
    expect(outcomes.slice(limit)).toEqual(Array.from({ length: limit }, () => "RATE_LIMITED"));
  });

  it("attack 33: the counter is stored under a key with the tenant", async () => {
    const key = newKey();
    await outcome(gateways[0] as KeyLimits, key);
    const kept = (await redis.command("KEYS", "*")) as string[];
    expect(kept.filter((name) => name.includes(String(key.identity.credential?.id)))).toEqual([
      `novacron:key:${key.identity.tenantId}:${String(key.identity.credential?.id)}`,
    ]);
  });

  it("fault 20: without Redis each gateway counts by itself, and nothing fails", async () => {
    await redis.kill();
    const key = newKey();
    const outcomes: string[] = [];
    for (let at = 0; at <= limit; at += 1) outcomes.push(await outcome(gateways[0] as KeyLimits, key));
    expect(outcomes).toEqual([...Array.from({ length: limit }, () => "answered"), "RATE_LIMITED"]);
    expect(await outcome(gateways[1] as KeyLimits, key)).toBe("answered");
  });
});
