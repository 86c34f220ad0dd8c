import { durationSeconds } from "#lib/duration.ts";
import { InvalidArgument } from "#lib/errors.ts";

const shortestSeconds = 1;
const longestSeconds = 3_600;

/** Returns the minimum interval between two emitted samples, in milliseconds. @throws InvalidArgument naming `every` */
export function everyMs(every: string | null | undefined): number {
  const seconds = every == null ? shortestSeconds : durationSeconds(every);
  if (seconds === undefined || seconds < shortestSeconds || seconds > longestSeconds)
    throw new InvalidArgument("every", "must be a duration from PT1S to PT1H.");
  return seconds * 1_000;
}
