import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryLimiter } from "./rate-limiter.ts";

const capacity = 100;
const limit = { points: 3, duration: 60 };
const newLimiter = () => new MemoryLimiter({ keyPrefix: "tries", ...limit }, capacity);
/** Returns the number of keys in the memory of the process. */
const held = (limiter: MemoryLimiter): number => limiter.dump().storage.length;
const pointsOf = async (limiter: MemoryLimiter, key: string): Promise<number> =>
  (await limiter.get(key))?.consumedPoints ?? 0;
const times = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const network = (at: number): string => `2001:db8:0:${at.toString(16)}::/64`;

describe("counts in the memory of a process", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(["consume", "penalty", "reward"] as const)("are limited to a number of keys, by %s", async (count) => {
    const limiter = newLimiter();
    for (const at of times(1_000)) {
      await limiter[count](network(at));
      expect(held(limiter)).toBeLessThanOrEqual(capacity);
    }
    expect(held(limiter)).toBe(capacity);
    expect(await limiter.get(network(999))).not.toBeNull();
  });

  it("are limited to a number of keys when all are counted at the same time", async () => {
    const limiter = newLimiter();
    await Promise.all(times(1_000).map((at) => limiter.penalty(network(at))));
    expect(held(limiter)).toBe(capacity);
  });

  it("are kept for a key without points left, however many others follow", async () => {
    const limiter = newLimiter();
    await limiter.penalty("limited", limit.points);
    await limiter.consume("limited").catch(() => undefined);
    for (const at of times(1_000)) await limiter.penalty(network(at));
    expect(await pointsOf(limiter, "limited")).toBe(limit.points + 1);
    await expect(limiter.consume("limited")).rejects.toMatchObject({ remainingPoints: 0 });
  });

  it("are kept for a key in use, and evicted for the least recently used one", async () => {
    const limiter = newLimiter();
    await limiter.penalty("in use");
    await limiter.penalty("unused");
    for (const at of times(capacity)) {
      await limiter.penalty(network(at));
      expect(await pointsOf(limiter, "in use")).toBe(1);
    }
    expect(await limiter.get("unused")).toBeNull();
  });

  it("are also limited when no key has points left: the least recently used one is evicted", async () => {
    const limiter = newLimiter();
    for (const at of times(capacity + 1)) await limiter.penalty(network(at), limit.points);
    expect(held(limiter)).toBe(capacity);
    expect(await limiter.get(network(0))).toBeNull();
    expect(await pointsOf(limiter, network(capacity))).toBe(limit.points);
  });

  it("expire, and leave room", async () => {
    const limiter = newLimiter();
    for (const at of times(capacity)) await limiter.penalty(network(at), limit.points);
    vi.advanceTimersByTime(limit.duration * 1_000 + 1);
    expect(held(limiter)).toBe(0);
    await limiter.penalty("after");
    for (const at of times(capacity / 2)) await limiter.penalty(network(at));
    expect(await pointsOf(limiter, "after")).toBe(1);
    expect(held(limiter)).toBe(capacity / 2 + 1);
  });

  it("that are reverted make a key count as one with points left", async () => {
    const limiter = newLimiter();
    await limiter.penalty("forgiven", limit.points);
    await limiter.reward("forgiven");
    for (const at of times(capacity)) await limiter.penalty(network(at));
    expect(await limiter.get("forgiven")).toBeNull();
  });
});
