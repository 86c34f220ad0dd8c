import { expect, it } from "vitest";
import { Schedule } from "#lib/operations/schedule.ts";
import { clockChanges, differences, wallClock } from "./clock-changes.ts";

it("schedules of every zone that changes its clock fire when a daemon that reads the clock on the wall would start them", () => {
  const checked = new Set<string>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const wall = wallClock(zone);
    const changes = clockChanges(wall);
    const key = JSON.stringify(changes.map((at) => [at, wall(at) - wall(at - 60_000), wall(at)]));
    // Zones with the same changes have the same schedules.
    if (changes.length === 0 || checked.has(key)) continue;
    checked.add(key);
    const nextTime = (cron: string) => {
      const operation = { kind: "test", version: 1, steps: [] };
      const schedule = new Schedule<never>({ name: "test", cron, zone, operation });
      return (after: number) => schedule.nextTime(new Date(after)).getTime();
    };
    expect(differences(nextTime, wall, changes), zone).toEqual([]);
  }
  expect(checked.size).toBeGreaterThan(20);
});
