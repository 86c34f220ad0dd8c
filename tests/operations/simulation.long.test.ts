import { expect, it } from "vitest";
import { extent, seed } from "#tests/harness/extent.ts";
import { simulateAll } from "./simulation.ts";

it("an operation ends done, compensated or parked, with no effect applied twice, left unlisted or without the slot of its subject, and no slot left, in thousands of orders of faults", async () => {
  const runs = extent(2_000, 20_000);
  const { wrong, faults } = await simulateAll({ from: seed, runs });
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThan(10 * runs);
});

it("the checker finds slots that forget the tokens of an operation when it gives its slot back", async () => {
  const { wrong } = await simulateAll({ from: 1, runs: 1_000 }, "slot without a memory");
  expect(wrong.filter((each) => /the slot of \w+ is left with/.test(each)).length).toBeGreaterThan(0);
});
