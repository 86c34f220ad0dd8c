/**
 * Returns a function of a zone's offset from UTC at a moment, both in milliseconds.
 * @param zone an IANA zone
 * @throws RangeError when there is no such zone
 */
export function offsetsOf(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (at) => {
    const { year, month, day, hour, minute, second } = Object.fromEntries(
      format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
    ) as Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds(at);
  };
}

const wholeSeconds = (at: number): number => Math.floor(at / 1_000) * 1_000;
const day = 86_400_000;

/** Returns the first moment after `from`, and not after `to`, at which the offset is another than before. No zone changes its offset twice on a day. */
export function offsetChange(offsetAt: (at: number) => number, from: number, to: number): number | undefined {
  const offset = offsetAt(from);
  for (let at = from; at < to; at += day) {
    let late = Math.min(at + day, to);
    if (offsetAt(late) === offset) continue;
    let early = at;
    // Offsets change at whole seconds.
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (offsetAt(middle) === offset) early = middle;
      else late = middle;
    }
    return late;
  }
  return undefined;
}
