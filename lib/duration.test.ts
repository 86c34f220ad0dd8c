import { describe, expect, it } from "vitest";
import { durationSeconds, isoDuration } from "./duration.ts";

describe("an ISO 8601 duration", () => {
  it.each([
    ["PT1S", 1],
    ["PT5M", 300],
    ["PT1H30M", 5_400],
    ["P1D", 86_400],
    ["P1DT12H", 129_600],
    ["P2W", 1_209_600],
    ["PT0.5S", 0.5],
    ["PT1,5M", 90],
    ["PT90M", 5_400],
    ["PT0S", 0],
  ])("%s is %d seconds", (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  it.each([
    "P1Y",
    "P1M",
    "P1Y2DT3H",
    "-PT5M",
    "+PT5M",
    "PT-5M",
    "P",
    "PT",
    "P1DT",
    "",
    "5M",
    "PT5",
    "PT1M1H",
    "pt5m",
    " PT5M",
    "PT5M\n",
    "PT9999999999S",
    "PTNaNS",
  ])("%j has no fixed length", (text) => {
    expect(durationSeconds(text)).toBeUndefined();
  });

  it.each([
    [0, "PT0S"],
    [59, "PT59S"],
    [300, "PT5M"],
    [5_400, "PT1H30M"],
    [86_400, "P1D"],
    [90_061, "P1DT1H1M1S"],
    [604_800, "P7D"],
  ])("%d seconds are written as %s", (seconds, text) => {
    expect(isoDuration(seconds)).toBe(text);
    expect(durationSeconds(text)).toBe(seconds);
  });
});
