import type { SeriesAggregate } from "#db/monitoring/metric-series.ts";

/** A raw sample as it was written. One gauge and one counter are enough for the comparison. */
export interface OracleSample {
  /** Seconds since the epoch. */
  time: number;
  gauge: number | null;
  counter: number | null;
}

export interface Bucket {
  samples: number;
  gauge: Record<SeriesAggregate, number | null>;
  rate: Record<SeriesAggregate, number | null>;
}

const longestGap = 900;
const growth = (from: number, to: number) => (to >= from ? to - from : to);

/** The growth of a counter between two samples, in how many seconds, and the time of the later one. */
interface Growth {
  time: number;
  grown: number;
  seconds: number;
}

/** Computes buckets from the raw samples the slow way: every pair of neighbours that is not too far apart is a growth. */
export function fromSamples(samples: readonly OracleSample[], from: number, to: number, step: number): Bucket[] {
  const inOrder = samples.toSorted((a, b) => a.time - b.time);
  const growths: Growth[] = [];
  for (const [index, { time, counter }] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (!before || before.counter === null || counter === null || time - before.time > longestGap) continue;
    growths.push({ time, grown: growth(before.counter, counter), seconds: time - before.time });
  }
  return buckets(from, to, step).map((begin) => {
    const inside = ({ time }: { time: number }) => time >= Math.max(begin, from) && time < Math.min(begin + step, to);
    return bucketOf(inOrder.filter(inside), growths.filter(inside));
  });
}

/**
 * Computes buckets from hours, as in the rollup: of each hour only the first and last counter are known, and the growth in between.
 * @param withoutGrowth whether the growth is not known either, as on TimescaleDB
 */
export function fromHours(
  samples: readonly OracleSample[],
  from: number,
  to: number,
  step: number,
  withoutGrowth = false,
): Bucket[] {
  const hours = new Map<number, OracleSample[]>();
  for (const sample of samples.toSorted((a, b) => a.time - b.time)) {
    const hour = Math.floor(sample.time / 3_600) * 3_600;
    hours.set(hour, [...(hours.get(hour) ?? []), sample]);
  }
  const growths: Growth[] = [];
  let before: { counter: number | null; time: number } | undefined;
  for (const [hour, inHour] of hours) {
    const counters = inHour.flatMap(({ counter }) => counter ?? []);
    const [first, last] = [counters[0], counters.at(-1)];
    const [firstTime, lastTime] = [inHour[0]?.time ?? 0, inHour.at(-1)?.time ?? 0];
    if (first !== undefined && last !== undefined) {
      const joined = before && before.counter !== null && firstTime - before.time <= longestGap ? before : undefined;
      const inside = withoutGrowth
        ? growth(first, last)
        : sum(counters.slice(1).map((counter, index) => growth(counters[index] ?? 0, counter)));
      const grown = inside + (joined ? growth(joined.counter ?? 0, first) : 0);
      const seconds = lastTime - (joined?.time ?? firstTime);
      if (seconds > 0) growths.push({ time: hour, grown, seconds });
    }
    before = { counter: last ?? null, time: lastTime };
  }
  const begin = Math.floor(from / 3_600) * 3_600;
  return buckets(from, to, step).map((bucket) => {
    const inside = (hour: number) => hour >= Math.max(bucket, begin) && hour < Math.min(bucket + step, to);
    return bucketOf(
      [...hours].flatMap(([hour, inHour]) => (inside(hour) ? inHour : [])),
      growths.filter(({ time }) => inside(time)),
    );
  });
}

const buckets = (from: number, to: number, step: number): number[] => {
  const first = Math.floor(from / step) * step;
  return Array.from({ length: Math.ceil((to - first) / step) }, (_, index) => first + index * step);
};

function bucketOf(samples: readonly OracleSample[], growths: readonly Growth[]): Bucket {
  const gauges = samples.flatMap(({ gauge }) => gauge ?? []);
  const rates = growths.map(({ grown, seconds }) => grown / seconds);
  const average = gauges.length > 0 ? sum(gauges) / gauges.length : null;
  const rate = growths.length > 0 ? sum(growths.map((g) => g.grown)) / sum(growths.map((g) => g.seconds)) : null;
  return { samples: samples.length, gauge: spread(gauges, average), rate: spread(rates, rate) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const spread = (values: readonly number[], avg: number | null): Record<SeriesAggregate, number | null> => ({
  avg,
  min: values.length > 0 ? Math.min(...values) : null,
  max: values.length > 0 ? Math.max(...values) : null,
  count: values.length,
});
