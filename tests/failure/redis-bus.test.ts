import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { append } from "#db/event-log/append.ts";
import type { Announcement, EventBus } from "#db/event-log/buses/event-bus.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import type { Event } from "#events/event.ts";
import { newId } from "#lib/uuid.ts";
import { type LogFixture, logFixture, someTenant, take } from "#tests/events/log-fixture.ts";
import { unreliableBus } from "#tests/events/unreliable-bus.ts";
import { until } from "#tests/events/until.ts";
import { redisProgram, type RedisServer, startRedis } from "#tests/harness/redis-server.ts";
import { neverMs, redisFollower, upTo, usualMs } from "./redis-follower.ts";

describe.skipIf(!redisProgram)("events over Redis (skipped without redis-server or NOVACRON_REDIS_SERVER)", () => {
  let fixture: LogFixture;
  let redis: RedisServer;
  beforeAll(async () => {
    fixture = await logFixture();
    redis = await startRedis();
  });
  afterAll(async () => {
    await fixture.stop();
    await redis.stop();
  });

  it("arrive through Redis alone, without polling", async () => {
    const follower = await redisFollower(fixture, redis.url, neverMs);
    expect(await follower.given(20)).toEqual(upTo(20));
    await follower.end();
  });

  it("of a quiet log arrive although the bus read another log in between", async () => {
    const bus = redisBus(redis.url);
    const received: Announcement[] = [];
    const ended = new AbortController();
    const listener = {
      onAnnouncement: (announcement: Announcement) => void received.push(announcement),
      listening: () => undefined,
    };
    const listening = bus.listen({ auth: "a", vms: "b" }, listener, ended.signal);
    await until("the bus listens", () => bus.healthy);
    for (let last = 1; last <= 50; last += 1) {
      await bus.announce({ source: "auth", log: "a", after: last - 1, last });
      await bus.announce({ source: "vms", log: "b", after: last - 1, last });
    }
    await until("all announcements are received", () => received.length === 100);
    for (const source of ["auth", "vms"]) {
      expect(received.filter((follower) => follower.source === source).map(({ last }) => last)).toEqual(upTo(50));
    }
    ended.abort();
    await listening;
    await bus.close();
  });

  it("do not accumulate in Redis: entries older than a minute are removed", async () => {
    const bus = redisBus(redis.url);
    const key = "novacron:events:c:scheduler";
    const old = Date.now() - 120_000;
    for (let entry = 0; entry < 300; entry += 1)
      await redis.command("XADD", key, `${old}-${entry}`, "announcement", "{}");
    await until("the bus is connected", () =>
      bus.announce({ source: "scheduler", log: "c", after: 0, last: 1 }).then(
        () => true,
        () => false,
      ),
    );
    // Redis removes whole nodes of a hundred entries at a time.
    expect(await redis.command("XLEN", key)).toBeLessThan(102);
    await bus.close();
  });

  it("from a relay of the previous release arrive under their present names", async () => {
    const [relays, bus] = [redisBus(redis.url), redisBus(redis.url)];
    const former: EventBus = {
      ...relays,
      announce: ({ events = [], ...rest }) => {
        const named = events.map((event) => ({ ...event, type: event.type.replace("user_session", "session") }));
        return relays.announce({ ...rest, events: named as Event[] });
      },
    };
    const ended = new AbortController();
    const log = fixture.log([bus], { pollMs: neverMs, signal: ended.signal });
    fixture.relay([former], { domains: ["auth"], signal: ended.signal });
    await until("the bus receives announcements", () => bus.healthy);
    const [tenantId, key] = [someTenant(), newId()];
    const taking = take(log, 1, await log.head(), { tenantId, types: ["user_session.updated"] });
    await fixture.services.auth.write({ tenantId }, (tx) =>
      append(tx, [{ type: "user_session.updated", key, payload: { userId: key, expiresAt: "2030-01-01T00:00:00Z" } }]),
    );
    expect((await taking).map(({ type, entityKey }) => [type, entityKey])).toEqual([["user_session.updated", key]]);
    ended.abort();
    await log.running;
    await Promise.all([relays.close(), bus.close()]);
  });

  it("fault 23: that are lost on the way arrive with the next announcement, or by polling", async () => {
    const unreliable = (seed: number) => (bus: ReturnType<typeof redisBus>) => unreliableBus(bus, seed);
    const follower = await redisFollower(fixture, redis.url, usualMs, unreliable(23));
    expect(await follower.given(60)).toEqual(upTo(60));
    await follower.end();
  });

  it("fault 32: that arrive repeated and out of order are delivered once and in order", async () => {
    let repeated = 0;
    const follower = await redisFollower(fixture, redis.url, neverMs, (bus) => ({
      ...bus,
      get healthy() {
        return bus.healthy;
      },
      listen: (logs, { onAnnouncement, listening }, signal) => {
        const before: Announcement[] = [];
        const twice = (announcement: Announcement) => {
          before.push(announcement);
          for (const each of [announcement, ...before.slice(-5).toReversed()]) onAnnouncement(each);
          repeated += 1;
        };
        return bus.listen(logs, { onAnnouncement: twice, listening }, signal);
      },
    }));
    expect(await follower.given(30)).toEqual(upTo(30));
    expect(repeated).toBeGreaterThan(0);
    await follower.end();
  });
});
