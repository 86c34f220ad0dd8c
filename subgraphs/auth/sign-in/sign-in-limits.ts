import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { PublicError } from "#lib/errors.ts";
import { type Limit, rateLimiter } from "#lib/rate-limiter.ts";
import { Turns } from "./turns.ts";

/** Wrong tries from one network, whatever users they are for: enough for an office, few for a list of users. */
const perNetwork = { points: 50, duration: 600 };
/** Of them for one login: what its own lock stops need not keep everybody else out, so no more than `shared` of them count for the network. */
const perLogin = { points: 50, duration: 600, shared: 5 };
/** Wrong codes of the second factor of one user: with a million of them, nobody finds one. */
const perUser = { points: 5, duration: 300 };

/** The refusal of a network without tries left takes so long, whether a password was verified before it or not. */
const limitedAnswerMs = 200;

/** No tries are left, until some milliseconds from now. */
export class Limited {
  readonly msBeforeNext: number;

  constructor(msBeforeNext: number) {
    this.msBeforeNext = msBeforeNext;
  }
}

/**
 * What a try to prove who one is costs, next to the count of the account itself. Counted in Redis for all processes when there is one; in this
 * process when there is none, or it does not answer. A try is counted when it was wrong, and never before: so that tries at the same time are
 * no way past a limit, those of one account, or of one second factor, come one after the other in each process, those of one network a few at a time.
 */
export class SignInLimits {
  readonly #networks;
  readonly #logins;
  readonly #codes;
  readonly #networkTurns = new Turns({ atOnce: 4, waiting: 256 });
  readonly #accountTurns = new Turns({ atOnce: 1, waiting: 64 });
  readonly #newUserTurns = new Turns({ atOnce: 1, waiting: 256 });
  readonly #codeTurns = new Turns({ atOnce: 1, waiting: 64 });

  constructor(redis?: Redis) {
    this.#networks = rateLimiter("sign-in-address", perNetwork, redis);
    this.#logins = rateLimiter("sign-in-login", perLogin, redis);
    this.#codes = rateLimiter("sign-in-code", perUser, redis);
  }

  /**
   * Runs a try that comes from a network; undefined for one of which nothing is known.
   * @param attempt receives why the network has no tries left, if so, and resolves with that, or with `limitOf` the login, to refuse
   * @throws PublicError RATE_LIMITED, OVERLOADED
   */
  async fromNetwork<T>(
    network: string | undefined,
    attempt: (exhausted: Limited | undefined) => Promise<T | Limited>,
  ): Promise<T> {
    const began = performance.now();
    const inTurn = async () =>
      attempt(network === undefined ? undefined : await spent(this.#networks, network, perNetwork));
    const outcome = await (network === undefined ? inTurn() : this.#networkTurns.take(network, inTurn));
    if (!(outcome instanceof Limited)) return outcome;
    // Not within the turn: waiting holds up nobody else.
    await new Promise((resolve) => setTimeout(resolve, limitedAnswerMs - (performance.now() - began)));
    throw new PublicError("RATE_LIMITED", "Too many tries; wait before the next one.", {
      retryAfter: Math.max(1, Math.ceil(outcome.msBeforeNext / 1_000)),
    });
  }

  /** Why a login has no tries left from a network: each costs a hash and an entry of the audit log, also when the account is locked. */
  async limitOf(network: string | undefined, login: string): Promise<Limited | undefined> {
    return network === undefined ? undefined : spent(this.#logins, loginKey(network, login), perLogin);
  }

  /** @param login who the try was for: one text for each account, and for each login that is nobody's */
  async countWrong(network: string | undefined, login: string): Promise<void> {
    if (network === undefined) return;
    const { consumedPoints } = await this.#logins.penalty(loginKey(network, login));
    if (consumedPoints <= perLogin.shared) await this.#networks.penalty(network);
  }

  /** Takes back what this login has cost its network, and nothing of what others have: one's own account pays for no tries of another. */
  async forgive(network: string | undefined, login: string): Promise<void> {
    if (network === undefined) return;
    const key = loginKey(network, login);
    const [own, all] = await Promise.all([this.#logins.get(key), this.#networks.get(network)]);
    if (!own) return;
    // Tries of before the network's present period are not in its count.
    const areCounted = all !== null && own.msBeforeNext >= all.msBeforeNext - 1_000;
    if (areCounted) await this.#networks.reward(network, Math.min(own.consumedPoints, perLogin.shared));
    await this.#logins.delete(key);
  }

  async forgetAddress(network: string): Promise<void> {
    await this.#networks.delete(network);
  }

  /** Runs a try of an account when no other is under way. @throws PublicError OVERLOADED */
  ofAccount<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    return this.#accountTurns.take(key, attempt);
  }

  /** Hashes the password of a new user of a tenant when no other is hashed: whoever makes many users leaves a place to those who sign in. @throws PublicError OVERLOADED */
  ofNewUsers<T>(tenantId: string, hash: () => Promise<T>): Promise<T> {
    return this.#newUserTurns.take(tenantId, hash);
  }

  /** Runs a try of a user's second factor when no other is under way. @throws PublicError OVERLOADED */
  ofCode<T>(userId: string, attempt: () => Promise<T>): Promise<T> {
    return this.#codeTurns.take(userId, attempt);
  }

  async hasCodesLeft(userId: string): Promise<boolean> {
    return (await spent(this.#codes, userId, perUser)) === undefined;
  }

  async countWrongCode(userId: string): Promise<void> {
    await this.#codes.penalty(userId);
  }

  async forgetCodes(userId: string): Promise<void> {
    await this.#codes.delete(userId);
  }
}

const loginKey = (network: string, login: string): string => `${network}:${login}`;

async function spent(limits: RateLimiterAbstract, key: string, { points }: Limit): Promise<Limited | undefined> {
  const used = await limits.get(key);
  return used && used.consumedPoints >= points ? new Limited(used.msBeforeNext) : undefined;
}
