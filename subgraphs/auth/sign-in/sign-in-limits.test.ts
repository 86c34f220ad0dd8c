import { describe, expect, it } from "vitest";
import { SignInLimits } from "./sign-in-limits.ts";

const office = "203.0.113.1";

/** Makes a failed attempt from the office, and resolves with its outcome. */
const wrongTry = (limits: SignInLimits, login: string): Promise<string> =>
  limits
    .fromNetwork(office, async (exhausted) => {
      const limit = exhausted ?? (await limits.limitOf(office, login));
      if (limit) return limit;
      await limits.countWrong(office, login);
      return "wrong";
    })
    .catch(({ code }: { code: string }) => code);
const isExhausted = (limits: SignInLimits): Promise<boolean> =>
  limits.fromNetwork(office, async (exhausted) => exhausted !== undefined);
const times = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe("case G39: failed attempts from one address", () => {
  it("are limited to about fifty over different logins, even when they run at the same time", async () => {
    const limits = new SignInLimits();
    const outcomes = await Promise.all(times(100).map((at) => wrongTry(limits, `login ${at}`)));
    // Four run at a time, so some were running when the last one was counted.
    expect(outcomes.filter((outcome) => outcome === "wrong").length).toBeLessThan(50 + 4);
    expect(outcomes.filter((outcome) => outcome === "RATE_LIMITED").length).toBeGreaterThan(40);
  });

  it("for one login are limited to fifty, but do not exhaust the limit of the address", async () => {
    const limits = new SignInLimits();
    const outcomes: string[] = [];
    for (const _ of times(53)) outcomes.push(await wrongTry(limits, "the victim"));
    expect(await isExhausted(limits)).toBe(false);
    // Each attempt costs a hash and an audit log entry.
    expect(outcomes.slice(50)).toEqual(["RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
  });

  it("of users who then sign in no longer count", async () => {
    const limits = new SignInLimits();
    for (const person of times(60)) {
      for (const _ of times(3)) await wrongTry(limits, `person ${person}`);
      await limits.forgive(office, `person ${person}`);
    }
    expect(await isExhausted(limits)).toBe(false);
  });

  it("for other logins are not forgiven by a sign-in to an own account", async () => {
    const limits = new SignInLimits();
    for (const at of times(49)) {
      await wrongTry(limits, `victim ${at}`);
      await wrongTry(limits, "the attacker's own account");
      await limits.forgive(office, "the attacker's own account");
    }
    expect(await isExhausted(limits)).toBe(false);
    await wrongTry(limits, "one victim more");
    expect(await isExhausted(limits)).toBe(true);
  });

  it("do not include an attempt that fails for another reason", async () => {
    const limits = new SignInLimits();
    for (const _ of times(60)) {
      const failing = limits.fromNetwork(office, async () => Promise.reject(new Error("The disk is full.")));
      await expect(failing).rejects.toThrow("The disk is full.");
    }
    expect(await isExhausted(limits)).toBe(false);
  });
});

it("attempts of one account run one after the other, attempts of different accounts at the same time", async () => {
  const limits = new SignInLimits();
  let running = 0;
  const most = async (keys: string[]): Promise<number> => {
    const seen = await Promise.all(
      keys.map((key) =>
        limits.ofAccount(key, async () => {
          running += 1;
          await new Promise(setImmediate);
          const now = running;
          running -= 1;
          return now;
        }),
      ),
    );
    return Math.max(...seen);
  };
  expect(await most(["one", "one", "one"])).toBe(1);
  expect(await most(["one", "two", "three"])).toBe(3);
});
