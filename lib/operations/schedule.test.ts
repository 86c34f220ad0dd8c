import { describe, expect, it } from "vitest";
import { Schedule, type ScheduleError } from "./schedule.ts";

const scheduled = (cron: string, zone?: string) =>
  new Schedule({ name: "test", cron, ...(zone ? { zone } : {}), operation: { kind: "test", version: 1 } });

/** Returns the next times in UTC, to the minute. */
function next(schedule: Schedule, from: string, count: number): string[] {
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
  expect(() => scheduled(cron, zone)).toThrow(expect.objectContaining({ code } satisfies Partial<ScheduleError>));
});

describe("in every zone that changes its clock in 2026 or 2027", () => {
  const minute = 60_000;
  const hour = 60 * minute;

  function wallClock(zone: string): (at: number) => number {
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    return (at) => Date.parse(`${format.format(at).replace(" ", "T")}Z`);
  }

  /** Returns the minutes before which the zone's clock was changed. */
  function changes(wall: (at: number) => number): number[] {
    const found: number[] = [];
    let [early, until] = [Date.UTC(2026, 0, 1), Date.UTC(2028, 0, 1)];
    for (; early < until; early += 24 * hour) {
      let late = early + 24 * hour;
      if (wall(late) - wall(early) === late - early) continue;
      let before = early;
      while (late - before > minute) {
        const middle = before + Math.floor((late - before) / minute / 2) * minute;
        if (wall(middle) - wall(early) === middle - early) before = middle;
        else late = middle;
      }
      found.push(late);
    }
    return found;
  }

  /** Returns what a daemon would start that wakes each minute, reads the clock on the wall, and runs what has come since it last did. */
  function simulated(cron: string, wall: (at: number) => number, from: number, to: number): number[] {
    const [minutes = "", hours = ""] = cron.split(" ");
    const fits = (field: string, value: number) =>
      field.split(",").some((part) => {
        const [range = "", step] = part.split("/");
        const [low, high] = range === "*" ? [0, 59] : range.split("-").map(Number);
        return value >= (low ?? 0) && value <= (high ?? low ?? 0) && (value - (low ?? 0)) % Number(step ?? 1) === 0;
      });
    const isDue = (shown: number) => {
      const date = new Date(shown);
      return fits(minutes, date.getUTCMinutes()) && fits(hours, date.getUTCHours());
    };
    const started: number[] = [];
    let latest = wall(from);
    for (let at = from + minute; at <= to; at += minute) {
      const shown = wall(at);
      let isNow = false;
      if (hours === "*") isNow = isDue(shown);
      else for (let passed = latest + minute; passed <= shown; passed += minute) isNow ||= isDue(passed);
      latest = Math.max(latest, shown);
      if (isNow) started.push(at);
    }
    return started;
  }

  const crons = ["*/15 * * * *", "7 * * * *", "0 */2 * * *", "30 0-4 * * *", "*/20 1,2,3 * * *", "0 0 * * *", "45 23,1 * * *"];
  const zones = new Map<string, { zone: string; wall: (at: number) => number; at: number[] }>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const wall = wallClock(zone);
    const at = changes(wall);
    // Zones with the same changes need one simulation.
    if (at.length > 0) zones.set(JSON.stringify(at.map((each) => [each, wall(each - minute), wall(each)])), { zone, wall, at });
  }

  it.each([...zones.values()].map(({ zone, ...rest }) => [zone, rest] as const))(
    "%s: schedules fire when a daemon that reads the clock on the wall would start them",
    (zone, { wall, at }) => {
      for (const cron of crons)
        for (const change of at) {
          const [from, to] = [change - 5 * hour, change + 5 * hour];
          const schedule = scheduled(cron, zone);
          const fired: number[] = [];
          for (let time = schedule.nextTime(new Date(from)); time.getTime() <= to; time = schedule.nextTime(time))
            fired.push(time.getTime());
          expect(fired, `${cron} at ${new Date(change).toISOString()}`).toEqual(simulated(cron, wall, from, to));
          // The next time does not depend on where the search begins.
          for (let begin = from; begin < to; begin += 35 * minute) {
            const first = schedule.nextTime(new Date(begin)).getTime();
            if (first <= to) expect(first).toBe(fired.find((time) => time > begin));
          }
        }
    },
  );

  it("there are many", () => expect(zones.size).toBeGreaterThan(20));
});
