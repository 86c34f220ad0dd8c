import type { EventBus } from "#db/event-log/buses/event-bus.ts";
import { redisBus } from "#db/event-log/buses/redis.ts";
import { newId } from "#lib/uuid.ts";
import { type LogFixture, someTenant, take, writeVmEvents } from "#tests/events/log-fixture.ts";
import { until } from "#tests/events/until.ts";

/** So seldom that polling finds nothing. */
export const neverMs = 3_600_000;
/** As often as the product polls. */
export const usualMs = 2_000;

export interface RedisFollower {
  /** The bus that the follower listens to. */
  bus: EventBus;
  /** Writes this many events of one VM, each in its own transaction, and resolves to the versions that the follower received. */
  given(count: number): Promise<number[]>;
  end(): Promise<void>;
}

/** Starts a relay of the vms database and a follower that share only a Redis server. */
export async function redisFollower(
  fixture: LogFixture,
  url: string,
  pollMs: number,
  wrap: (bus: EventBus) => EventBus = (bus) => bus,
): Promise<RedisFollower> {
  const ended = new AbortController();
  const relays = redisBus(url);
  const bus = wrap(redisBus(url));
  const log = fixture.log([bus], { pollMs, signal: ended.signal });
  fixture.relay([relays], { domains: ["vms"], signal: ended.signal });
  await until("the bus receives announcements", () => bus.healthy);
  const tenantId = someTenant();
  return {
    bus,
    given: async (count) => {
      const start = await log.head();
      const key = newId();
      const taking = take(log, count, start, { tenantId, sources: ["vms"] });
      for (let version = 1; version <= count; version += 1) await writeVmEvents(fixture, tenantId, key, [version]);
      return (await taking).map(({ entityVersion }) => entityVersion);
    },
    end: async () => {
      ended.abort();
      await log.running;
      await Promise.all([relays.close(), bus.close()]);
    },
  };
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
