import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { PublicError } from "#lib/errors.ts";

/** Failed tries from one address, whatever users they are for: enough for an office, few for a list of users. */
const perAddress = { points: 50, duration: 600 };
/** Codes of the second factor that one user may try: with a million of them, nobody finds one. */
const perCode = { points: 5, duration: 300 };

/**
 * What a try to sign in costs beside the user's own lock. Counted in Redis for all processes when there is one; in this process when there is
 * none, or it does not answer.
 */
export class SignInLimits {
  readonly #addresses;
  readonly #codes;

  constructor(redis?: Redis) {
    this.#addresses = limiter("sign-in-address", perAddress, redis);
    this.#codes = limiter("sign-in-code", perCode, redis);
  }

  /** @throws PublicError RATE_LIMITED when too many tries from this address have failed */
  async checkAddress(address: string | undefined): Promise<void> {
    if (!address) return;
    const used = await this.#addresses.get(address);
    if (used && used.consumedPoints >= perAddress.points) throw limited(used);
  }

  async countFailure(address: string | undefined): Promise<void> {
    if (address) await this.#addresses.penalty(address);
  }

  async forgetAddress(address: string): Promise<void> {
    await this.#addresses.delete(address);
  }

  /** Takes one of the user's tries of a code; false when he has none left. */
  async takeCode(userId: string): Promise<boolean> {
    try {
      await this.#codes.consume(userId);
      return true;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return false;
      throw refused;
    }
  }

  async forgetCodes(userId: string): Promise<void> {
    await this.#codes.delete(userId);
  }
}

function limiter(name: string, limit: { points: number; duration: number }, redis: Redis | undefined) {
  const memory = new RateLimiterMemory({ keyPrefix: name, ...limit });
  if (!redis) return memory;
  return new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `novacron:${name}`,
    insuranceLimiter: memory,
    ...limit,
  });
}

const limited = ({ msBeforeNext }: RateLimiterRes) =>
  new PublicError("RATE_LIMITED", "Too many tries; wait before the next one.", {
    retryAfter: Math.ceil(msBeforeNext / 1_000),
  });
