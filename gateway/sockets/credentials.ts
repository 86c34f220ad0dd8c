import { PublicError } from "#lib/errors.ts";
import type { Identity } from "#lib/request-context.ts";
import type { Authenticate } from "../authentication/authenticate.ts";

/** Who is told what becomes of the credential by which he was identified. */
export interface Holder {
  /** It still holds; of whom, and what he may. */
  confirmed(identity: Identity): void;
  revoked(): void;
  /** Nobody can tell any more whether it holds. */
  unknown(): void;
}

interface Held {
  holders: Set<Holder>;
  /** Since when nobody can tell, on the clock of `performance.now()`. */
  unknownSince: number | undefined;
}

/** How long a credential counts of which nobody can tell whether it still holds. */
const graceMs = 10_000;
/** How many are asked about at once. */
const together = 64;

/** Looks again and again whether the credentials of open connections still hold, once for all connections of one credential. */
export class Credentials {
  readonly #identify: Authenticate;
  readonly #held = new Map<string, Held>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(identify: Authenticate, everyMs: number) {
    this.#identify = identify;
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  /** @throws PublicError what `Authenticate` says */
  identify(authorization: string | undefined): Promise<Identity> {
    return this.#identify({ headers: authorization === undefined ? {} : { authorization } });
  }

  hold(authorization: string, holder: Holder): void {
    const held = this.#held.get(authorization) ?? { holders: new Set(), unknownSince: undefined };
    this.#held.set(authorization, held);
    held.holders.add(holder);
  }

  release(authorization: string, holder: Holder): void {
    const held = this.#held.get(authorization);
    if (held?.holders.delete(holder) && held.holders.size === 0) this.#held.delete(authorization);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const all = [...this.#held.keys()];
    const next = async (): Promise<void> => {
      for (let one = all.pop(); one !== undefined; one = all.pop()) await this.#ask(one);
    };
    await Promise.all(Array.from({ length: Math.min(together, all.length) }, next));
    this.#looking = false;
  }

  async #ask(authorization: string): Promise<void> {
    try {
      const identity = await this.#identify({ headers: { authorization } }, { counted: false });
      this.#tell(authorization, (holder) => holder.confirmed(identity));
    } catch (error) {
      if (!(error instanceof PublicError) || error.code === "AUTH_UNAVAILABLE") return this.#cannotTell(authorization);
      this.#tell(authorization, (holder) => holder.revoked());
    }
  }

  #cannotTell(authorization: string): void {
    const held = this.#held.get(authorization);
    if (!held) return;
    held.unknownSince ??= performance.now();
    if (performance.now() - held.unknownSince < graceMs) return;
    for (const holder of held.holders) holder.unknown();
  }

  #tell(authorization: string, tell: (holder: Holder) => void): void {
    const held = this.#held.get(authorization);
    if (!held) return;
    held.unknownSince = undefined;
    for (const holder of held.holders) tell(holder);
  }
}
