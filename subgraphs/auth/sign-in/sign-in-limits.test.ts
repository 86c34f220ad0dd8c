import { describe, expect, it } from "vitest";
import { SignInLimits } from "./sign-in-limits.ts";

const office = "203.0.113.1";

/** What becomes of a try from the office that is wrong. */
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

describe("case G39: the wrong tries from one address", () => {
  it("are fifty of different logins, whatever runs at the same time", async () => {
    const limits = new SignInLimits();
    const outcomes = await Promise.all(times(100).map((at) => wrongTry(limits, `login ${at}`)));
    // Those that were under way when the last one was counted: four at a time.
    expect(outcomes.filter((outcome) => outcome === "wrong").length).toBeLessThan(50 + 4);
    expect(outcomes.filter((outcome) => outcome === "RATE_LIMITED").length).toBeGreaterThan(40);
  });

  it("of one login keep nobody else out: they count five times", async () => {
    const limits = new SignInLimits();
    const outcomes: string[] = [];
    for (const _ of times(53)) outcomes.push(await wrongTry(limits, "the victim"));
    expect(await isExhausted(limits)).toBe(false);
    // Each costs a hash and an entry of the audit log.
    expect(outcomes.slice(50)).toEqual(["RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
  });

  it("of people who sign in after all count no more", async () => {
    const limits = new SignInLimits();
    for (const person of times(60)) {
      for (const _ of times(3)) await wrongTry(limits, `person ${person}`);
      await limits.forgive(office, `person ${person}`);
    }
    expect(await isExhausted(limits)).toBe(false);
  });

  it("of others are not paid for by a sign-in of one's own", async () => {
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

  it("are not counted for a try that fails in another way", async () => {
    const limits = new SignInLimits();
    for (const _ of times(60)) {
      const failing = limits.fromNetwork(office, async () => Promise.reject(new Error("The disk is full.")));
      await expect(failing).rejects.toThrow("The disk is full.");
    }
    expect(await isExhausted(limits)).toBe(false);
  });
});

it("tries of one account come one after the other, of different accounts at the same time", async () => {
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
