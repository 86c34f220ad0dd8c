import { Cron } from "croner";
import type { Json, OperationDefinition } from "./definition.ts";
import { offsetChange, offsetsOf } from "./zone-offsets.ts";

/** When operations of one kind start by themselves. */
export interface ScheduleDefinition<Tx> {
  /** No two schedules of a database have the same: `roll_up_samples`. */
  name: string;
  /** Five fields (minute, hour, day of the month, month, day of the week), or six with the second first. */
  cron: string;
  /** An IANA zone, in whose wall time the fields are: `Europe/Berlin`. UTC when left out. */
  zone?: string;
  /** What is started, and its input: null when left out. */
  operation: OperationDefinition<Tx>;
  input?: Json;
}

/** A schedule is refused when it is defined: one that is not valid, and one that no time ever fits. */
class ScheduleError extends Error {
  readonly code: "SCHEDULE_INVALID" | "SCHEDULE_NEVER_FIRES";

  constructor(code: ScheduleError["code"], message: string) {
    super(message);
    this.name = "ScheduleError";
    this.code = code;
  }
}

/**
 * A schedule that has a next time. On the nights of a clock change each wall time counts once, as in cron: one that the clock skips runs at the moment of the
 * change, and one that the clock repeats runs the first time. Where the hour begins with `*` or covers all hours, the schedule runs whenever the clock shows
 * its time instead, so that it keeps its distance: in both of two repeated hours, and in no skipped one.
 */
export class Schedule<Tx> {
  readonly definition: ScheduleDefinition<Tx>;
  readonly zone: string;
  readonly #pattern: Cron;
  readonly #offsetAt: (at: number) => number;
  readonly #isOfEveryHour: boolean;

  /** @throws ScheduleError */
  constructor(definition: ScheduleDefinition<Tx>) {
    const { name, cron, zone = "UTC" } = definition;
    const fields = cron.trim().split(/\s+/);
    this.definition = definition;
    this.zone = zone;
    try {
      // The library also takes one date for a schedule, and names such as @daily.
      if (fields.length !== 5 && fields.length !== 6) throw new RangeError("it needs five or six fields");
      // Wall times have no clock changes in UTC. What the changes of the zone do to them is decided here.
      this.#pattern = new Cron(cron, { timezone: "UTC", mode: "5-or-6-parts" });
      this.#offsetAt = offsetsOf(zone);
      this.#isOfEveryHour = isOfEveryHour(fields.at(-4) ?? "");
    } catch (error) {
      throw new ScheduleError(
        "SCHEDULE_INVALID",
        `The schedule ${name} (${cron}, ${zone}) is not valid: ${error instanceof Error ? error.message : "unknown"}.`,
      );
    }
    if (this.#wallAfter(Date.UTC(2000, 0, 1)) === undefined)
      throw new ScheduleError("SCHEDULE_NEVER_FIRES", `The schedule ${name} never fires: no day fits ${cron}.`);
  }

  /** Returns the first time after this one. */
  nextTime(after: Date): Date {
    let from = after.getTime();
    let offset = this.#offsetAt(from);
    let wall = this.#wallAfter(
      Math.max(from + offset, this.#isOfEveryHour ? -Infinity : this.#repeatedUntil(from) - 1),
    );
    for (;;) {
      if (wall === undefined) throw new Error(`The schedule ${this.definition.name} has no next time.`);
      const change = offsetChange(this.#offsetAt, from, wall - offset);
      if (change === undefined) return new Date(wall - offset);
      from = change;
      offset = this.#offsetAt(change);
      if (this.#isOfEveryHour) wall = this.#wallAfter(change + offset - 1);
      else if (wall < change + offset) return new Date(change);
    }
  }

  /** Returns the end of the wall times that the clock shows for the second time now, if it does. They have had their turn. */
  #repeatedUntil(now: number): number {
    const before = now - day;
    const change = offsetChange(this.#offsetAt, before, now);
    return change === undefined ? -Infinity : change + this.#offsetAt(change - 1);
  }

  /** Returns the next wall time after another one, both in milliseconds as if they were UTC. */
  #wallAfter(wall: number): number | undefined {
    return this.#pattern.nextRun(new Date(wall))?.getTime();
  }
}

/** Returns whether a valid field of hours begins with a wildcard, as cron decides it, or has every hour: `*`, `0-23`, `0-11,12-23`. */
const isOfEveryHour = (field: string): boolean =>
  /^[*?]/.test(field) || new Set(field.split(",").flatMap(hoursOf)).size === 24;

/** Returns the hours of one part of a field: `3`, `0-23` or `0-23/2`. The library refuses others. */
function hoursOf(part: string): number[] {
  const [, first, last, step = "1"] = /^(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (first === undefined) return [];
  const until = Number(last ?? first);
  return Array.from({ length: 24 }, (_, hour) => hour).filter(
    (hour) => hour >= Number(first) && hour <= until && (hour - Number(first)) % Number(step) === 0,
  );
}

const day = 86_400_000;
