/** Seconds since a sample was taken; 0 when the sampler's clock is ahead of ours. */
export const ageSeconds = (time: Date, now: Date): number => Math.max(0, now.getTime() - time.getTime()) / 1_000;
