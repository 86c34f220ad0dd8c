import type { Carrier } from "#db/event-log/carriers/carrier.ts";
import { redisCarrier } from "#db/event-log/carriers/redis.ts";
import { newId } from "#lib/uuid.ts";
import { type LogFixture, someTenant, take, writeVmEvents } from "#tests/events/log-fixture.ts";
import { until } from "#tests/events/until.ts";

/** So seldom that polling finds nothing. */
export const neverMs = 3_600_000;
/** As often as the product polls. */
export const usualMs = 2_000;

export interface RedisFollower {
  /** The carrier that the follower listens to. */
  carrier: Carrier;
  /** Writes this many events of one VM, each in its own transaction, and resolves to the versions that the follower received. */
  given(count: number): Promise<number[]>;
  end(): Promise<void>;
}

/** Starts a relay of the vms database and a follower that share only a Redis server. */
export async function redisFollower(
  fixture: LogFixture,
  url: string,
  pollMs: number,
  wrap: (carrier: Carrier) => Carrier = (carrier) => carrier,
): Promise<RedisFollower> {
  const ended = new AbortController();
  const relays = redisCarrier(url);
  const carrier = wrap(redisCarrier(url));
  const log = fixture.log([carrier], { pollMs, signal: ended.signal });
  fixture.relay([relays], { domains: ["vms"], signal: ended.signal });
  await until("the carrier receives announcements", () => carrier.healthy);
  const tenantId = someTenant();
  return {
    carrier,
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
      await Promise.all([relays.close(), carrier.close()]);
    },
  };
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
