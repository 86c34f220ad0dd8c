import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { PublicError } from "#lib/errors.ts";
import { rateLimiter } from "#lib/rate-limiter.ts";
import type { IdentifiedCredential } from "./identity-cache.ts";

/**
 * Counts the requests of each API key in its minute: in Redis over all gateway processes when there is one, in this process when there is
 * none, or it does not answer.
 */
export class KeyLimits {
  readonly #limiter: RateLimiterAbstract;

  constructor(redis?: Redis) {
    // What a key may do is its own; the limiter only counts.
    const counting = { points: Number.MAX_SAFE_INTEGER, duration: 60 };
    this.#limiter = rateLimiter("key", counting, redis);
  }

  /** @throws PublicError RATE_LIMITED with `retryAfter` in seconds */
  async take({ identity, rateLimitPerMinute }: IdentifiedCredential): Promise<void> {
    if (rateLimitPerMinute === null || !identity.credential) return;
    const used = await this.#limiter.consume(`${identity.tenantId}:${identity.credential.id}`);
    if (used.consumedPoints <= rateLimitPerMinute) return;
    throw new PublicError("RATE_LIMITED", `This key may send ${rateLimitPerMinute} requests a minute.`, {
      retryAfter: Math.max(1, Math.ceil(used.msBeforeNext / 1_000)),
    });
  }
}
