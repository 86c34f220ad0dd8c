import { expect, it } from "vitest";
import { breaks } from "./breaches.ts";

const above = { aggregate: "max", comparisonOperator: ">", thresholdValue: 90 } as const;
const below = { aggregate: "avg", comparisonOperator: "<", thresholdValue: 1 } as const;

it("a sample breaks a rule when it is beyond the threshold, not when it is at it", () => {
  expect(breaks(above, { cpuUsagePercent: 90.1 })).toBe(true);
  expect(breaks(above, { cpuUsagePercent: 90 })).toBe(false);
  expect(breaks(below, { cpuUsagePercent: 0.9 })).toBe(true);
  expect(breaks(below, { cpuUsagePercent: 1 })).toBe(false);
});

it.each([
  [">=", 90, true],
  [">=", 89, false],
  ["<=", 90, true],
  ["<=", 91, false],
  ["==", 90, true],
  ["==", 91, false],
  ["!=", 91, true],
  ["!=", 90, false],
] as const)("a rule compares with %s: a sample of %d breaks it: %s", (comparisonOperator, cpuUsagePercent, broken) => {
  expect(breaks({ ...above, comparisonOperator }, { cpuUsagePercent })).toBe(broken);
});

it("a sample without a value breaks no rule", () => {
  expect(breaks(above, { cpuUsagePercent: null })).toBe(false);
  expect(breaks(below, { cpuUsagePercent: null })).toBe(false);
});

it("a sample breaks no rule about the absence of samples", () => {
  expect(breaks({ ...above, aggregate: "absent", thresholdValue: 0 }, { cpuUsagePercent: 50 })).toBe(false);
});
