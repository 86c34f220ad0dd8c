import type { RetryPolicy } from "./definition.ts";

/**
 * Returns the delay after a failed attempt: it doubles from the first to the longest, and is drawn between half and the whole, so that operations that failed
 * together do not retry together.
 * @param attempts how often the step was attempted so far
 * @param random from 0 to 1
 */
export function retryDelayMs({ firstDelayMs, longestDelayMs }: RetryPolicy, attempts: number, random: number): number {
  const whole = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(whole * (0.5 + random / 2));
}
