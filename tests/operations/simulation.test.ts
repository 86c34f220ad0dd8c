import { expect, it } from "vitest";
import { simulateAll } from "./simulation.ts";

it("an operation ends done, compensated or parked, with no effect applied twice or left unlisted, in any order of faults", async () => {
  const { wrong, faults } = await simulateAll({ from: 1, runs: 60 });
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThan(500);
});

it.each(["leak", "double effect"] as const)("the checker finds a planted %s", async (planted) => {
  const { wrong } = await simulateAll({ from: 1, runs: 20 }, planted);
  expect(wrong.length).toBeGreaterThan(0);
});
