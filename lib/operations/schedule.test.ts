import { expect, it } from "vitest";
import { Schedule } from "./schedule.ts";

const scheduled = (cron: string, zone?: string) =>
  new Schedule<never>({
    name: "test",
    cron,
    ...(zone ? { zone } : {}),
    operation: { kind: "test", version: 1, steps: [] },
  });

/** Returns the next times in UTC, to the minute. */
function next(schedule: Schedule<never>, from: string, count: number): string[] {
  let at = new Date(from);
  return Array.from({ length: count }, () => {
    at = schedule.nextTime(at);
    return at.toISOString().slice(0, 16);
  });
}

it("a time that the clock skips runs once, at the moment of the change", () => {
  const one = scheduled("30 2 * * *", "Europe/Berlin");
  expect(next(one, "2026-03-28T00:00Z", 3)).toEqual(["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]);
  const three = scheduled("*/20 2 * * *", "Europe/Berlin");
  expect(next(three, "2026-03-29T00:00Z", 2)).toEqual(["2026-03-29T01:00", "2026-03-30T00:00"]);
  // Half an hour is skipped there, and midnight here.
  expect(next(scheduled("15 2 * * *", "Australia/Lord_Howe"), "2026-10-03T00:00Z", 1)).toEqual(["2026-10-03T15:30"]);
  expect(next(scheduled("0 0 * * *", "America/Santiago"), "2026-09-05T12:00Z", 1)).toEqual(["2026-09-06T04:00"]);
});

it("a time that the clock repeats runs once, the first time", () => {
  const schedule = scheduled("30 2 * * *", "Europe/Berlin");
  expect(next(schedule, "2026-10-24T12:00Z", 2)).toEqual(["2026-10-25T00:30", "2026-10-26T01:30"]);
  // From between the two.
  expect(next(schedule, "2026-10-25T00:45Z", 1)).toEqual(["2026-10-26T01:30"]);
  expect(next(schedule, "2026-10-25T01:15Z", 1)).toEqual(["2026-10-26T01:30"]);
});

it("a schedule of every hour keeps its distance on both nights", () => {
  const hourly = scheduled("5 * * * *", "Europe/Berlin");
  const quarterly = scheduled("*/15 * * * *", "Europe/Berlin");
  for (const night of ["2026-03-29T00:00Z", "2026-10-25T00:00Z"])
    for (const [schedule, minutes] of [
      [hourly, 60],
      [quarterly, 15],
    ] as const) {
      const times = next(schedule, night, 8).map((text) => Date.parse(`${text}Z`));
      expect(times.slice(1).map((at, index) => at - (times[index] ?? 0))).toEqual(Array(7).fill(minutes * 60_000));
    }
});

it("a field of hours that begins with a wildcard, or covers all hours, is one of every hour, as in cron", () => {
  const nights = (cron: string) =>
    ["2026-03-29T00:00Z", "2026-10-25T00:00Z"].map((night) => next(scheduled(cron, "Europe/Berlin"), night, 6));
  for (const same of ["5 0-23 * * *", "5 */1 * * *", "5 0-11,12-23 * * *"])
    expect(nights(same), same).toEqual(nights("5 * * * *"));
  // At 0, 4, 6 and 8 o'clock of the night without a 2, and twice at 2 of the one with two.
  expect(next(scheduled("0 */2 * * *", "Europe/Berlin"), "2026-03-28T22:30Z", 3)).toEqual([
    "2026-03-28T23:00",
    "2026-03-29T02:00",
    "2026-03-29T04:00",
  ]);
  expect(next(scheduled("0 */2 * * *", "Europe/Berlin"), "2026-10-24T23:00Z", 3)).toEqual([
    "2026-10-25T00:00",
    "2026-10-25T01:00",
    "2026-10-25T03:00",
  ]);
  // One hour less, and each counts once.
  expect(next(scheduled("5 0-22 * * *", "Europe/Berlin"), "2026-10-25T00:00Z", 2)).toEqual([
    "2026-10-25T00:05",
    "2026-10-25T02:05",
  ]);
});

it("six fields begin with the second, and the next time is after the given one", () => {
  const schedule = scheduled("*/30 * * * * *");
  expect(schedule.nextTime(new Date("2026-01-01T00:00:00.000Z"))).toEqual(new Date("2026-01-01T00:00:30Z"));
  expect(schedule.nextTime(new Date("2026-01-01T00:00:29.999Z"))).toEqual(new Date("2026-01-01T00:00:30Z"));
  expect(schedule.nextTime(new Date("2026-01-01T00:00:30.001Z"))).toEqual(new Date("2026-01-01T00:01:00Z"));
});

it("a schedule of a day that comes in few years has a next time", () => {
  expect(next(scheduled("0 2 29 2 *", "Europe/Berlin"), "2096-03-01T00:00Z", 1)).toEqual(["2104-02-29T01:00"]);
});

it.each([
  ["0 0 30 2 *", undefined, "SCHEDULE_NEVER_FIRES"],
  ["0 0 31 4,6,9,11 *", undefined, "SCHEDULE_NEVER_FIRES"],
  ["0 0 * *", undefined, "SCHEDULE_INVALID"],
  ["0 0 * * * * 2030", undefined, "SCHEDULE_INVALID"],
  ["61 * * * *", undefined, "SCHEDULE_INVALID"],
  ["@daily", undefined, "SCHEDULE_INVALID"],
  ["2030-01-01T00:00:00", undefined, "SCHEDULE_INVALID"],
  ["0 0 * * *", "Europe/Atlantis", "SCHEDULE_INVALID"],
])("the schedule %s of the zone %s is refused with %s", (cron, zone, code) => {
  expect(() => scheduled(cron, zone)).toThrow(expect.objectContaining({ code }));
});
