import { PublicError } from "#lib/errors.ts";
import type { CredentialKey, Identity } from "#lib/request-context.ts";
import type { Authentication } from "../authentication/authenticate.ts";

/** Who is told what becomes of the credential by which he was identified. */
export interface Holder {
  /** It still holds; of whom, and what he may. */
  confirmed(identity: Identity): void;
  revoked(): void;
  /** Nobody can tell any more whether it holds. */
  unknown(): void;
}

interface Held {
  credential: CredentialKey;
  holders: Set<Holder>;
  /** Since when nobody can tell, on the clock of `performance.now()`. */
  unknownSince: number | undefined;
}

/** What a client shows of himself. */
export interface Shown {
  ticket?: string | undefined;
  authorization?: string | undefined;
}

/** How long a credential counts of which nobody can tell whether it still holds. */
const graceMs = 10_000;
/** How many are asked about at once. */
const together = 64;

/** Looks again and again whether the credentials of open connections still hold, once for all connections of one credential. */
export class Credentials {
  readonly #authentication: Authentication;
  /** By kind and id. */
  readonly #held = new Map<string, Held>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(authentication: Authentication, everyMs: number) {
    this.#authentication = authentication;
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  /** Who shows this: a ticket, or what stands in a header `Authorization`. @throws PublicError what `Authentication` says */
  identify({ ticket, authorization }: Shown): Promise<Identity> {
    const { redeem } = this.#authentication;
    if (ticket !== undefined && redeem) return redeem(ticket);
    return this.#authentication.identify({ headers: authorization === undefined ? {} : { authorization } });
  }

  /** Counts one more operation of somebody who was identified. @throws PublicError what `Authentication` says */
  async count({ credential }: Identity): Promise<void> {
    if (credential) await this.#authentication.confirm?.(credential, { counted: true });
  }

  /** Nothing is held of who has no credential. */
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

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const all = [...this.#held.values()];
    const next = async (): Promise<void> => {
      for (let one = all.pop(); one !== undefined; one = all.pop()) await this.#ask(one);
    };
    await Promise.all(Array.from({ length: Math.min(together, all.length) }, next));
    this.#looking = false;
  }

  async #ask(held: Held): Promise<void> {
    const { confirm } = this.#authentication;
    if (!confirm) return;
    try {
      const identity = await confirm(held.credential);
      held.unknownSince = undefined;
      for (const holder of held.holders) holder.confirmed(identity);
    } catch (error) {
      if (!(error instanceof PublicError) || error.code === "AUTH_UNAVAILABLE") return cannotTell(held);
      for (const holder of held.holders) holder.revoked();
    }
  }
}

const keyOf = ({ kind, id }: CredentialKey): string => `${kind} ${id}`;

function cannotTell(held: Held): void {
  held.unknownSince ??= performance.now();
  if (performance.now() - held.unknownSince < graceMs) return;
  for (const holder of held.holders) holder.unknown();
}
