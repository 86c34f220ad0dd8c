/** Returns the seconds since a sample was taken; 0 when the sampler's clock is ahead of the server's clock. */
export const ageSeconds = (time: Date, now: Date): number => Math.max(0, now.getTime() - time.getTime()) / 1_000;
