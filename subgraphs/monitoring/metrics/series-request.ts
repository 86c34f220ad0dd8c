import type { SeriesAggregate } from "#db/monitoring/metric-series.ts";
import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";

/** The arguments of a series field, as its resolver receives them. */
export interface SeriesArguments {
  from: Date;
  to: Date;
  step?: string | null | undefined;
  maxPoints?: number | null | undefined;
  aggregates?: readonly ("AVG" | "COUNT" | "MAX" | "MIN")[] | null | undefined;
}

const seriesAggregates = ["avg", "min", "max", "count"] as const satisfies readonly SeriesAggregate[];

/** A range of time in buckets that begin at multiples of `stepSeconds` since 1970 in UTC. */
export interface SeriesRequest {
  from: Date;
  to: Date;
  stepSeconds: number;
  /** In the order of `seriesAggregates`, so that equal requests compare as equal. */
  aggregates: readonly SeriesAggregate[];
}

export const maxSeriesPoints = 2_000;
const defaultPoints = 100;
const hour = 3_600;
const day = 24 * hour;

/** Limits in seconds, within what the statements can count in 32 bits. No dashboard needs buckets longer than a year, or a range longer than a century. */
const longestStep = 366 * day;
const longestRange = 100 * longestStep;

/** The steps to choose from. All of them divide a day, and those longer than an hour are whole hours, as the hourly rollup requires. */
const steps = [60, 120, 300, 600, 900, 1_800, hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 12 * hour, day];

/**
 * Validates the arguments of a series and determines its step.
 * @throws InvalidArgument naming `from`, `to`, `step` or `maxPoints`
 */
export function seriesRequest(args: SeriesArguments): SeriesRequest {
  const { from, to, step, maxPoints, aggregates } = args;
  if (from.getTime() < 0) throw new InvalidArgument("from", "must not be before 1970.");
  if (to <= from) throw new InvalidArgument("to", "must be after `from`.");
  if (to.getTime() - from.getTime() > longestRange * 1_000)
    throw new InvalidArgument("to", `must be at most ${longestRange / day} days after \`from\`.`);
  // At least two, because buckets are aligned: a range of any length may cross the boundary between two buckets.
  if (maxPoints != null && (maxPoints < 2 || maxPoints > maxSeriesPoints)) {
    throw new InvalidArgument("maxPoints", `must be between 2 and ${maxSeriesPoints}.`);
  }
  const stepSeconds =
    step == null
      ? shortestStep(from, to, maxPoints ?? defaultPoints)
      : givenStep(step, from, to, maxPoints ?? maxSeriesPoints);
  return { from, to, stepSeconds, aggregates: requestedAggregates(aggregates) };
}

/** Returns the number of buckets of this step that the range touches. */
export const bucketCount = (from: Date, to: Date, stepSeconds: number): number =>
  Math.ceil(to.getTime() / (stepSeconds * 1_000)) - Math.floor(from.getTime() / (stepSeconds * 1_000));

function givenStep(step: string, from: Date, to: Date, limit: number): number {
  const seconds = durationSeconds(step);
  if (seconds === undefined) {
    throw new InvalidArgument("step", "must be a duration in weeks, days, hours, minutes and seconds.");
  }
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new InvalidArgument("step", "must be whole seconds, at least one.");
  if (seconds > hour && seconds % hour !== 0)
    throw new InvalidArgument("step", "must be whole hours when it is longer than an hour.");
  if (seconds > longestStep) throw new InvalidArgument("step", `must be at most ${longestStep / day} days.`);
  const points = bucketCount(from, to, seconds);
  if (points > limit) throw new InvalidArgument("step", `gives ${points} points, more than ${limit}.`);
  return seconds;
}

function shortestStep(from: Date, to: Date, limit: number): number {
  const fitting = steps.find((step) => bucketCount(from, to, step) <= limit);
  if (fitting !== undefined) return fitting;
  let days = Math.max(2, Math.ceil((to.getTime() - from.getTime()) / (limit * day * 1_000)));
  while (bucketCount(from, to, days * day) > limit) days += 1;
  return days * day;
}

function requestedAggregates(aggregates: SeriesArguments["aggregates"]): readonly SeriesAggregate[] {
  if (!aggregates || aggregates.length === 0) return seriesAggregates;
  return seriesAggregates.filter((name) => aggregates.includes(name.toUpperCase() as Uppercase<SeriesAggregate>));
}
