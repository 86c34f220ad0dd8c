import { PublicError } from "#lib/errors.ts";
import type { CredentialKey, Identity } from "#lib/trust/request-context.ts";
import type { Authentication } from "../authentication/authenticate.ts";

/** A connection that is notified of the state of its credential. */
export interface Holder {
  /** The credential is still valid; with its identity and rights. */
  confirmed(identity: Identity): void;
  revoked(): void;
  /** It can no longer be determined whether the credential is valid. */
  unknown(): void;
}

interface Held {
  credential: CredentialKey;
  holders: Set<Holder>;
  /** The time since which the validity cannot be determined, on the clock of `performance.now()`. */
  unknownSince: number | undefined;
}

/** The credential that a client presents. */
export interface Shown {
  ticket?: string | undefined;
  authorization?: string | undefined;
}

/** How long a credential is accepted while it cannot be determined whether it is valid. */
const graceMs = 10_000;
/** The number of credentials that are checked at the same time. */
const checksAtOnce = 64;

/** Checks periodically whether the credentials of open connections are still valid, once for all connections of one credential. */
export class Credentials {
  readonly #authentication: Authentication;
  /** By kind and id. */
  readonly #held = new Map<string, Held>();
  readonly #timer: NodeJS.Timeout;
  #isChecking = false;

  constructor(authentication: Authentication, everyMs: number) {
    this.#authentication = authentication;
    this.#timer = setInterval(() => void this.#checkAll(), everyMs);
    this.#timer.unref();
  }

  /**
   * Returns the identity of a ticket or of the value of an `Authorization` header.
   * @throws PublicError as `Authentication`
   */
  identify({ ticket, authorization }: Shown): Promise<Identity> {
    const { redeem } = this.#authentication;
    if (ticket !== undefined && redeem) return redeem(ticket);
    return this.#authentication.identify({ headers: authorization === undefined ? {} : { authorization } });
  }

  /**
   * Counts one more operation of an identified client.
   * @throws PublicError as `Authentication`
   */
  async count({ credential }: Identity): Promise<void> {
    if (credential) await this.#authentication.confirm?.(credential, { counted: true });
  }

  /** Adds a connection. Nothing is kept for an identity without a credential. */
  hold({ credential }: Identity, holder: Holder): void {
    if (!credential) return;
    const key = keyOf(credential);
    const held = this.#held.get(key) ?? { credential, holders: new Set(), unknownSince: undefined };
    this.#held.set(key, held);
    held.holders.add(holder);
  }

  release({ credential }: Identity, holder: Holder): void {
    if (!credential) return;
    const key = keyOf(credential);
    const held = this.#held.get(key);
    if (held?.holders.delete(holder) && held.holders.size === 0) this.#held.delete(key);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #checkAll(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const all = [...this.#held.values()];
    const next = async (): Promise<void> => {
      for (let one = all.pop(); one !== undefined; one = all.pop()) await this.#check(one);
    };
    await Promise.all(Array.from({ length: Math.min(checksAtOnce, all.length) }, next));
    this.#isChecking = false;
  }

  async #check(held: Held): Promise<void> {
    const { confirm } = this.#authentication;
    if (!confirm) return;
    try {
      const identity = await confirm(held.credential);
      held.unknownSince = undefined;
      for (const holder of held.holders) holder.confirmed(identity);
    } catch (error) {
      if (!(error instanceof PublicError) || error.code === "AUTH_UNAVAILABLE") return notConfirmed(held);
      for (const holder of held.holders) holder.revoked();
    }
  }
}

const keyOf = ({ kind, id }: CredentialKey): string => `${kind} ${id}`;

function notConfirmed(held: Held): void {
  held.unknownSince ??= performance.now();
  if (performance.now() - held.unknownSince < graceMs) return;
  for (const holder of held.holders) holder.unknown();
}
