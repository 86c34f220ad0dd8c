import { expect, it } from "vitest";
import { retryDelayMs } from "./retry.ts";

const policy = { attempts: 10, firstDelayMs: 100, longestDelayMs: 1_000 };

it("the delay before a retry doubles up to the longest, however many attempts there were", () => {
  expect([1, 2, 3, 4, 5, 5_000].map((attempts) => retryDelayMs(policy, attempts, 1))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

it("jitter shortens a delay by at most half", () => {
  expect([0, 0.5, 1].map((random) => retryDelayMs(policy, 2, random))).toEqual([100, 150, 200]);
});
