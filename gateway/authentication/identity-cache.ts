import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Identity } from "#lib/request-context.ts";

/** Who a credential stands for, and how often it may be used. */
export interface IdentifiedCredential {
  identity: Identity;
  /** Requests a minute; null when they are not limited. */
  rateLimitPerMinute: number | null;
  /** In milliseconds since the epoch; null when it does not expire. */
  expiresAt: number | null;
}

/** What has changed, so that what is known of it no longer holds; `everything` when that cannot be told. */
export type Revoked = { userId: string } | { credentialId: string } | { tenantId: string } | "everything";

/** An identity is asked for again after that, whatever was told of it. */
const lifetimeMs = 30_000;
const capacity = 10_000;
/** Without a word from the reader of revocations for so long, nothing that is remembered counts: with its own pace, less than two seconds. */
const silenceMs = 1_200;

/** A question is shared by who asks the same so soon after it: later, something may have been revoked that its answer does not know of. */
const sharedForMs = 100;

interface Asked {
  answer: Promise<IdentifiedCredential | undefined>;
  /** On the clock of `performance.now()`. */
  at: number;
  /** How often something had been revoked when it was asked. */
  revocations: number;
}

/**
 * Remembers identities for as long as somebody reads the events that revoke them, and says so. Keys are hashes of the tokens: a token is never kept.
 */
export class IdentityCache {
  readonly #known = new LRUCache<string, IdentifiedCredential>({ max: capacity, ttl: lifetimeMs });
  readonly #asked = new Map<string, Asked>();
  #confirmedAt = -Infinity;
  #revocations = 0;

  /** The reader of revocations has told everything that was committed until it asked. @param asOf on the clock of `performance.now()` */
  confirm(asOf: number): void {
    this.#confirmedAt = asOf;
  }

  get isLive(): boolean {
    return performance.now() - this.#confirmedAt < silenceMs;
  }

  forget(revoked: Revoked): void {
    // What is being asked for at this moment may have been read before the change.
    this.#revocations += 1;
    if (revoked === "everything") return this.#known.clear();
    for (const [token, { identity }] of this.#known) {
      const isMeant =
        "userId" in revoked
          ? identity.id === revoked.userId
          : "credentialId" in revoked
            ? identity.credential?.id === revoked.credentialId
            : identity.tenantId === revoked.tenantId || identity.userTenantId === revoked.tenantId;
      if (isMeant) this.#known.delete(token);
    }
  }

  /** What is known of a token, or what `ask` says; the same question is asked once at a time. */
  async identify(
    token: string,
    ask: () => Promise<IdentifiedCredential | undefined>,
  ): Promise<IdentifiedCredential | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.isLive ? this.#known.get(key) : undefined;
    if (known && (known.expiresAt === null || known.expiresAt > Date.now())) return known;
    const revocations = this.#revocations;
    const running = this.#asked.get(key);
    if (running && running.revocations === revocations && performance.now() - running.at < sharedForMs)
      return running.answer;
    const asked: Asked = { answer: ask(), at: performance.now(), revocations };
    this.#asked.set(key, asked);
    const found = await asked.answer.finally(() => {
      if (this.#asked.get(key) === asked) this.#asked.delete(key);
    });
    if (found && this.isLive && revocations === this.#revocations) this.#known.set(key, found);
    return found;
  }
}
