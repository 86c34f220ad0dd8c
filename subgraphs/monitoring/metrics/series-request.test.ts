import { describe, expect, it } from "vitest";
import { InvalidArgument } from "#lib/errors.ts";
import { bucketCount, maxSeriesPoints, type SeriesArguments, seriesRequest } from "./series-request.ts";

const from = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(from.getTime() + seconds * 1_000);
const hour = 3_600;
const day = 24 * hour;

function argumentBlamedFor(args: Partial<SeriesArguments>): unknown {
  try {
    seriesRequest({ from, to: after(hour), ...args });
  } catch (error) {
    if (error instanceof InvalidArgument) return error.details["argument"];
    throw error;
  }
  return undefined;
}

describe("the step of a series", () => {
  it("is the given one in any notation", () => {
    for (const step of ["PT5M", "PT300S", "PT0.083333333H"]) {
      expect(seriesRequest({ from, to: after(hour), step }).stepSeconds).toBe(300);
    }
  });

  it.each([
    [hour, undefined, 60],
    [6 * hour, undefined, 300],
    [day, undefined, 900],
    [7 * day, undefined, 2 * hour],
    [90 * day, undefined, day],
    [365 * day, undefined, 4 * day],
    [hour, 12, 300],
    [day, 24, hour],
    [day, 2, 12 * hour],
    [hour, maxSeriesPoints, 60],
  ])("over %d seconds with at most %s points is %d seconds", (range, maxPoints, step) => {
    expect(seriesRequest({ from, to: after(range), maxPoints }).stepSeconds).toBe(step);
  });

  it("that is chosen never gives more points than requested, wherever the range begins", () => {
    for (const offset of [0, 1, 59, 1_801, 86_399]) {
      for (const range of [1, 61, hour, day - 1, 40 * day, 5_000 * day]) {
        for (const maxPoints of [2, 3, 10, 333, maxSeriesPoints]) {
          const begin = after(offset);
          const end = after(offset + range);
          const { stepSeconds } = seriesRequest({ from: begin, to: end, maxPoints });
          expect(bucketCount(begin, end, stepSeconds)).toBeLessThanOrEqual(maxPoints);
          expect(stepSeconds % hour === 0 || hour % stepSeconds === 0).toBe(true);
        }
      }
    }
  });
});

describe("an invalid series", () => {
  it.each<[string, Partial<SeriesArguments>, string]>([
    ["ends where it begins", { to: from }, "to"],
    ["ends before it begins", { to: after(-1) }, "to"],
    ["begins before 1970", { from: new Date(-1) }, "from"],
    ["has a step in months", { step: "P1M" }, "step"],
    ["has a negative step", { step: "-PT5M" }, "step"],
    ["has a step of zero", { step: "PT0S" }, "step"],
    ["has half a second as its step", { step: "PT0.5S" }, "step"],
    ["has ninety minutes as its step", { step: "PT90M" }, "step"],
    ["has a step that is too short for its range", { step: "PT1S" }, "step"],
    ["has a step that is too short for its points", { step: "PT1M", maxPoints: 59 }, "step"],
    ["has one point", { maxPoints: 1 }, "maxPoints"],
    ["has a negative number of points", { maxPoints: -5 }, "maxPoints"],
    ["has too many points", { maxPoints: maxSeriesPoints + 1 }, "maxPoints"],
  ])("that %s is rejected with the name of the argument", (_title, args, argument) => {
    expect(argumentBlamedFor(args)).toBe(argument);
  });
});

describe("the aggregates of a series", () => {
  it("are all of them when none is named", () => {
    const all = ["avg", "min", "max", "count"];
    expect(seriesRequest({ from, to: after(hour) }).aggregates).toEqual(all);
    expect(seriesRequest({ from, to: after(hour), aggregates: [] }).aggregates).toEqual(all);
  });

  it("are in one order and without repeats, so that equal requests share a statement", () => {
    const aggregates = ["MAX", "AVG", "MAX"] as const;
    expect(seriesRequest({ from, to: after(hour), aggregates }).aggregates).toEqual(["avg", "max"]);
  });
});
