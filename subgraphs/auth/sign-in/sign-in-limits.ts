import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { PublicError } from "#lib/errors.ts";
import { type Limit, rateLimiter } from "#lib/trust/rate-limiter.ts";
import { KeyedQueue } from "./keyed-queue.ts";

/** Failed attempts from one network, for any users: enough for an office, too few to try a list of users. */
const perNetwork = { points: 50, duration: 600 };
/** Failed attempts from one network for one login. The account's own lock stops them, so at most `shared` of them count for the network and affect others. */
const perLogin = { points: 50, duration: 600, shared: 5 };
/** Wrong codes of the second factor of one user. With a million possible codes, this is too few to guess one. */
const perUser = { points: 5, duration: 300 };

/** The time in milliseconds that the refusal of an exhausted network takes, whether or not a password was verified before it. */
const limitedAnswerMs = 200;

/** States that no attempts are left for the next `msBeforeNext` milliseconds. */
export class Limited {
  readonly msBeforeNext: number;

  constructor(msBeforeNext: number) {
    this.msBeforeNext = msBeforeNext;
  }
}

/**
 * Limits authentication attempts, in addition to the count of the account itself. Attempts are counted in Redis for all processes when it is configured,
 * and in this process when it is not, or does not respond. An attempt is counted only after it failed. So that concurrent attempts do not get past a limit,
 * each process runs the attempts of one account or one second factor one after the other, and those of one network a few at a time.
 */
export class SignInLimits {
  readonly #networks;
  readonly #logins;
  readonly #codes;
  readonly #networkQueue = new KeyedQueue({ atOnce: 4, waiting: 256 });
  readonly #accountQueue = new KeyedQueue({ atOnce: 1, waiting: 64 });
  readonly #newUserQueue = new KeyedQueue({ atOnce: 1, waiting: 256 });
  readonly #codeQueue = new KeyedQueue({ atOnce: 1, waiting: 64 });

  constructor(redis?: Redis) {
    this.#networks = rateLimiter("sign-in-address", perNetwork, redis);
    this.#logins = rateLimiter("sign-in-login", perLogin, redis);
    this.#codes = rateLimiter("sign-in-code", perUser, redis);
  }

  /**
   * Runs an attempt that comes from a network.
   * @param network undefined when it is not known
   * @param attempt receives the limit when the network has no attempts left, and resolves with that, or with the `limitOf` the login, to refuse
   * @throws PublicError RATE_LIMITED, OVERLOADED
   */
  async fromNetwork<T>(
    network: string | undefined,
    attempt: (exhausted: Limited | undefined) => Promise<T | Limited>,
  ): Promise<T> {
    const began = performance.now();
    const inTurn = async () =>
      attempt(network === undefined ? undefined : await spent(this.#networks, network, perNetwork));
    const outcome = await (network === undefined ? inTurn() : this.#networkQueue.run(network, inTurn));
    if (!(outcome instanceof Limited)) return outcome;
    // Outside the turn, so that the wait delays no other attempt.
    await new Promise((resolve) => setTimeout(resolve, limitedAnswerMs - (performance.now() - began)));
    throw new PublicError("RATE_LIMITED", "Too many attempts; wait before the next one.", {
      retryAfter: Math.max(1, Math.ceil(outcome.msBeforeNext / 1_000)),
    });
  }

  /** Resolves with the limit when a login has no attempts left from a network. Each attempt costs a hash and an audit log entry, even for a locked account. */
  async limitOf(network: string | undefined, login: string): Promise<Limited | undefined> {
    return network === undefined ? undefined : spent(this.#logins, loginKey(network, login), perLogin);
  }

  /** Counts a failed attempt. @param login the key of the attempt: one for each account, and one for each login without an account */
  async countWrong(network: string | undefined, login: string): Promise<void> {
    if (network === undefined) return;
    const { consumedPoints } = await this.#logins.penalty(loginKey(network, login));
    if (consumedPoints <= perLogin.shared) await this.#networks.penalty(network);
  }

  /** Removes the failed attempts of this login from its network's count, but not those of other logins: a sign-in to one account forgives no others. */
  async forgive(network: string | undefined, login: string): Promise<void> {
    if (network === undefined) return;
    const key = loginKey(network, login);
    const [own, all] = await Promise.all([this.#logins.get(key), this.#networks.get(network)]);
    if (!own) return;
    // Attempts from before the network's current period are not in its count.
    const areCounted = all !== null && own.msBeforeNext >= all.msBeforeNext - 1_000;
    if (areCounted) await this.#networks.reward(network, Math.min(own.consumedPoints, perLogin.shared));
    await this.#logins.delete(key);
  }

  async forgetAddress(network: string): Promise<void> {
    await this.#networks.delete(network);
  }

  /** Runs an attempt of an account when no other attempt of the account is running. @throws PublicError OVERLOADED */
  ofAccount<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    return this.#accountQueue.run(key, attempt);
  }

  /**
   * Hashes the password of a new user of a tenant when no other one of the tenant is being hashed, so that creating many users leaves capacity for sign-ins.
   * @throws PublicError OVERLOADED
   */
  ofNewUsers<T>(tenantId: string, hash: () => Promise<T>): Promise<T> {
    return this.#newUserQueue.run(tenantId, hash);
  }

  /** Runs an attempt of a user's second factor when no other attempt of the user is running. @throws PublicError OVERLOADED */
  ofCode<T>(userId: string, attempt: () => Promise<T>): Promise<T> {
    return this.#codeQueue.run(userId, attempt);
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
