import { vi } from "vitest";

/** Waits until a condition holds, for as long as a busy machine may take. */
export const until = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: 15_000, interval: 10 });
