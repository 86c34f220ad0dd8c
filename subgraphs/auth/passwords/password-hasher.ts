import { hash, type Options, verify } from "@node-rs/argon2";
import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from "cockatiel";
import { PublicError } from "#lib/errors.ts";

/** Argon2id with 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet, 2024. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
const prefix = `$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}$`;

/** The number of concurrent hashes. Each takes a thread, a core and 19 MiB, and the threads also serve file access and DNS lookups. */
const atOnce = 2;
const waiting = 64;

/** Hashes and verifies passwords, a few at a time. Sign-ins wait for each other, and no other request waits for them. */
export class PasswordHasher {
  readonly #bulkhead: BulkheadPolicy = bulkhead(atOnce, waiting);
  /** The hash of a random, unknown password. The password of an unknown user is verified against it. */
  readonly #unknownUserHash = this.hash(crypto.randomUUID());

  /** @throws PublicError OVERLOADED */
  hash(password: string): Promise<string> {
    return this.#run(() => hash(password, parameters));
  }

  /**
   * Verifies a password. Takes the same time for any hash, and when there is none.
   * @throws PublicError OVERLOADED
   */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const isHash = passwordHash?.startsWith("$argon2id$") === true;
    const against = isHash ? passwordHash : await this.#unknownUserHash;
    return (await this.#run(() => verify(against, password))) && isHash;
  }

  /** Whether a hash was computed with other parameters than the current ones. */
  isOutdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(prefix);
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#bulkhead.execute(work);
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new PublicError("OVERLOADED", "Too many users sign in at this moment; try again.");
    }
  }
}
