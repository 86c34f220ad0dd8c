import { expect, it } from "vitest";
import { Schedule } from "#lib/operations/schedule.ts";
import { clockChanges, differences, wallClock } from "./clock-changes.ts";

const operation = { kind: "test", version: 1, steps: [] };

it.each(["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo"])(
  "schedules of %s fire when a daemon that reads the clock on the wall would start them",
  (zone) => {
    const wall = wallClock(zone);
    const changes = clockChanges(wall);
    expect(changes).toHaveLength(4);
    const nextTime = (cron: string) => {
      const schedule = new Schedule<never>({ name: "test", cron, zone, operation });
      return (after: number) => schedule.nextTime(new Date(after)).getTime();
    };
    expect(differences(nextTime, wall, changes)).toEqual([]);
    // The daemon finds a schedule that ignores the zone's changes.
    const utc = (cron: string) => {
      const schedule = new Schedule<never>({ name: "test", cron, operation });
      const offset = wall(changes[0] as number) - (changes[0] as number);
      return (after: number) => schedule.nextTime(new Date(after + offset)).getTime() - offset;
    };
    expect(differences(utc, wall, changes).length).toBeGreaterThan(0);
  },
);
