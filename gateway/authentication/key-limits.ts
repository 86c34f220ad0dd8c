import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { PublicError } from "#lib/errors.ts";
import { rateLimiter } from "#lib/trust/rate-limiter.ts";
import type { IdentifiedCredential } from "./identity-cache.ts";

/**
 * Counts the requests of each API key per minute: in Redis across all gateway processes when it is configured, in this process when it is not configured or
 * does not answer.
 */
export class KeyLimits {
  readonly #limiter: RateLimiterAbstract;

  constructor(redis?: Redis) {
    // Each key has its own limit; the limiter only counts.
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
