const minute = 60_000;
const hour = 60 * minute;

/** Returns what the clock on the wall shows at a moment, both in milliseconds as if it were UTC. */
export function wallClock(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return (at) => Date.parse(`${format.format(at).replace(" ", "T")}Z`);
}

/** Returns the moments at which a zone's clock is changed from 2026 to 2027. */
export function clockChanges(wall: (at: number) => number): number[] {
  const found: number[] = [];
  for (let early = Date.UTC(2026, 0, 1); early < Date.UTC(2028, 0, 1); early += 24 * hour) {
    const isSame = (at: number) => wall(at) - wall(early) === at - early;
    let [before, after] = [early, early + 24 * hour];
    if (isSame(after)) continue;
    while (after - before > minute) {
      const middle = before + Math.floor((after - before) / minute / 2) * minute;
      if (isSame(middle)) before = middle;
      else after = middle;
    }
    found.push(after);
  }
  return found;
}

/** Returns when a daemon would start what a schedule describes: it wakes each minute, reads the clock on the wall, and does what has come since it last did. */
function started(cron: string, wall: (at: number) => number, from: number, to: number): number[] {
  const [minutes = "", hours = ""] = cron.split(" ");
  const isDue = (shown: number) => {
    const date = new Date(shown);
    return fits(minutes, date.getUTCMinutes()) && fits(hours, date.getUTCHours());
  };
  const isOfEveryHour =
    hours.startsWith("*") || Array.from({ length: 24 }, (_, at) => at).every((at) => fits(hours, at));
  const starts: number[] = [];
  let latest = wall(from);
  for (let at = from + minute; at <= to; at += minute) {
    const shown = wall(at);
    let isNow = isOfEveryHour && isDue(shown);
    if (!isOfEveryHour) for (let passed = latest + minute; passed <= shown; passed += minute) isNow ||= isDue(passed);
    latest = Math.max(latest, shown);
    if (isNow) starts.push(at);
  }
  return starts;
}

const fits = (field: string, value: number): boolean =>
  field.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [low = 0, high = low] = range === "*" ? [0, 59] : range.split("-").map(Number);
    return value >= low && value <= high && (value - low) % Number(step) === 0;
  });

const crons = [
  "*/15 * * * *",
  "7 * * * *",
  "0 */2 * * *",
  "30 0-4 * * *",
  "10 0-23 * * *",
  "50 0-11,12-23 * * *",
  "*/20 1,2,3 * * *",
  "0 0 * * *",
  "45 23,1 * * *",
];

/** Returns the differences between a zone's schedules and the daemon, around each of its changes, wherever a search for the next time begins. */
export function differences(
  nextTime: (cron: string) => (after: number) => number,
  wall: (at: number) => number,
  changes: readonly number[],
): string[] {
  const wrong: string[] = [];
  for (const cron of crons)
    for (const change of changes) {
      const [from, to] = [change - 5 * hour, change + 5 * hour];
      const next = nextTime(cron);
      const right = started(cron, wall, from, to);
      for (let begin = from; begin < to; begin += 25 * minute) {
        const expected = right.find((time) => time > begin);
        const found = next(begin);
        if (expected === undefined ? found > to : found === expected) continue;
        wrong.push(`${cron}: after ${new Date(begin).toISOString()} comes ${new Date(found).toISOString()}`);
      }
    }
  return wrong;
}
