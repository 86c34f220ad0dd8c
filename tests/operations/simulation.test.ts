import { expect, it } from "vitest";
import { type Planted, simulateAll } from "./simulation.ts";

it("an operation ends done, compensated or parked, with no effect applied twice, left unlisted or without the slot of its subject, and no slot left, in any order of faults", async () => {
  const { wrong, faults } = await simulateAll({ from: 1, runs: 60 });
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThan(500);
});

it.each<[Planted, RegExp]>([
  ["leak", /was left behind$/],
  ["double effect", /was applied \d times$/],
  ["definition that comes back for nothing", /does not come to an end$/],
  ["slot that is kept", /the slot of \w+ is left with/],
  ["slot for two", /had the slot of one$/],
  ["cancel after the slot was given back", /worked without the slot/],
  ["slot that is given back three times at most", /worked without the slot/],
])("the checker finds a planted %s", async (planted, found) => {
  let wrong: string[] = [];
  for (let from = 1; from < 200 && !wrong.some((each) => found.test(each)); from += 10)
    ({ wrong } = await simulateAll({ from, runs: 10 }, planted));
  expect(wrong.filter((each) => found.test(each)).length).toBeGreaterThan(0);
});
