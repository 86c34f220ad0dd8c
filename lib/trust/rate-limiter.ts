import type { Redis } from "ioredis";
import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from "rate-limiter-flexible";

/** The number of points for each key within a duration in seconds. */
export type Limit = Readonly<{ points: number; duration: number }>;

/** About 15 MiB. With 50 points in ten minutes, a process must count 4,000 points per second before a count that matters is evicted. */
const capacity = 50_000;

/**
 * Returns a limiter that counts in Redis for all processes when it is configured, and in this process when it is not configured or does not answer.
 * @param name the prefix of its keys
 */
export function rateLimiter(name: string, { points, duration }: Limit, redis: Redis | undefined): RateLimiterAbstract {
  const memory = new MemoryLimiter({ keyPrefix: name, points, duration });
  if (!redis) return memory;
  const keyPrefix = `novacron:${name}`;
  return new RateLimiterRedis({ storeClient: redis, keyPrefix, insuranceLimiter: memory, points, duration });
}

/**
 * Counts in this process, for at most `capacity` keys: clients choose keys, such as IPv6 networks. When there is one key too many, the least recently used
 * one is evicted, and keys without points left last of all.
 */
export class MemoryLimiter extends RateLimiterMemory {
  readonly #capacity: number;
  /** The time at which each key expires, in the order of their last use. */
  readonly #withPoints = new Map<string, number>();
  readonly #spent = new Map<string, number>();

  constructor(options: IRateLimiterOptions, keys = capacity) {
    super(options);
    this.#capacity = keys;
  }

  override async consume(...args: Parameters<RateLimiterMemory["consume"]>): Promise<RateLimiterRes> {
    try {
      return this.#used(args[0], await super.consume(...args));
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) this.#used(args[0], refusal);
      throw refusal;
    }
  }

  override async penalty(...args: Parameters<RateLimiterMemory["penalty"]>): Promise<RateLimiterRes> {
    return this.#used(args[0], await super.penalty(...args));
  }

  override async reward(...args: Parameters<RateLimiterMemory["reward"]>): Promise<RateLimiterRes> {
    return this.#used(args[0], await super.reward(...args));
  }

  override async set(...args: Parameters<RateLimiterMemory["set"]>): Promise<RateLimiterRes> {
    return this.#used(args[0], await super.set(...args));
  }

  override async block(...args: Parameters<RateLimiterMemory["block"]>): Promise<RateLimiterRes> {
    return this.#used(args[0], await super.block(...args));
  }

  override async get(...args: Parameters<RateLimiterMemory["get"]>): Promise<RateLimiterRes | null> {
    const found = await super.get(...args);
    return found && this.#used(args[0], found);
  }

  override delete(...args: Parameters<RateLimiterMemory["delete"]>): Promise<boolean> {
    this.#withPoints.delete(String(args[0]));
    this.#spent.delete(String(args[0]));
    return super.delete(...args);
  }

  #used(key: string | number, result: RateLimiterRes): RateLimiterRes {
    const name = String(key);
    this.#withPoints.delete(name);
    this.#spent.delete(name);
    const group = result.consumedPoints >= this.points ? this.#spent : this.#withPoints;
    group.set(name, Date.now() + result.msBeforeNext);
    for (const keys of [this.#withPoints, this.#spent]) dropExpired(keys);
    if (this.#withPoints.size + this.#spent.size > this.#capacity) {
      const [unused] = (this.#withPoints.size > 0 ? this.#withPoints : this.#spent).keys();
      if (unused !== undefined) void this.delete(unused);
    }
    return result;
  }
}

/** Drops up to two keys for each use: so keys are dropped faster than they are added. The counts themselves end by their own timers. */
function dropExpired(keys: Map<string, number>): void {
  let looked = 0;
  for (const [key, expiresAt] of keys) {
    if (looked++ === 2 || expiresAt > Date.now()) return;
    keys.delete(key);
  }
}
