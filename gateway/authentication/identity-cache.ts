import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Identity } from "#lib/trust/request-context.ts";

/** The identity of a credential, and how often it may be used. */
export interface IdentifiedCredential {
  identity: Identity;
  /** Requests per minute; null when they are not limited. */
  rateLimitPerMinute: number | null;
  /** In milliseconds since the epoch; null when it does not expire. */
  expiresAt: number | null;
}

/** What has changed, so that cached identities of it are no longer valid; `everything` when this cannot be determined. */
export type Revoked = { userId: string } | { credentialId: string } | { tenantId: string } | "everything";

/** After this time an identity is requested again, whatever revocations were received. */
const lifetimeMs = 30_000;
const capacity = 10_000;
/**
 * Without a confirmation by the reader of revocations for this long, no cached identity is used. Together with the reader's interval, that is less than two
 * seconds.
 */
const silenceMs = 1_200;

/** Callers share a call for the same token only this soon after it began: later, something may have been revoked that its answer does not include. */
const sharedForMs = 100;

interface PendingCall {
  answer: Promise<IdentifiedCredential | undefined>;
  /** On the clock of `performance.now()`. */
  at: number;
  /** The number of revocations at the time of the call. */
  revocations: number;
}

/**
 * Caches identities for as long as a reader of the events that revoke them confirms that it is up to date. Keys are hashes of the tokens: a token is never
 * stored.
 */
export class IdentityCache {
  readonly #known = new LRUCache<string, IdentifiedCredential>({ max: capacity, ttl: lifetimeMs });
  readonly #pending = new Map<string, PendingCall>();
  #confirmedAt = -Infinity;
  #revocations = 0;

  /**
   * Records that the reader of revocations has reported everything that was committed before it asked.
   * @param asOf on the clock of `performance.now()`
   */
  confirm(asOf: number): void {
    this.#confirmedAt = asOf;
  }

  get isLive(): boolean {
    return performance.now() - this.#confirmedAt < silenceMs;
  }

  forget(revoked: Revoked): void {
    // A call in flight may have read from before the change.
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

  /** Returns the cached identity of a token, or the result of `ask`; concurrent callers with the same token share one call. */
  async identify(
    token: string,
    ask: () => Promise<IdentifiedCredential | undefined>,
  ): Promise<IdentifiedCredential | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.isLive ? this.#known.get(key) : undefined;
    if (known && (known.expiresAt === null || known.expiresAt > Date.now())) return known;
    const revocations = this.#revocations;
    const running = this.#pending.get(key);
    if (running && running.revocations === revocations && performance.now() - running.at < sharedForMs)
      return running.answer;
    const call: PendingCall = { answer: ask(), at: performance.now(), revocations };
    this.#pending.set(key, call);
    const found = await call.answer.finally(() => {
      if (this.#pending.get(key) === call) this.#pending.delete(key);
    });
    if (found && this.isLive && revocations === this.#revocations) this.#known.set(key, found);
    return found;
  }
}
