import { expect, it } from "vitest";
import { extent, seed } from "#tests/harness/extent.ts";
import { simulateAll } from "./simulation.ts";

it("an operation ends done, compensated or parked, with no effect applied twice or left unlisted, in thousands of orders of faults", async () => {
  const runs = extent(2_000, 20_000);
  const { wrong, faults } = await simulateAll({ from: seed, runs });
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThan(10 * runs);
});
