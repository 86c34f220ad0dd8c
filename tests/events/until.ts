import { vi } from "vitest";

/** Resolves when the condition holds; rejects when it does not within the timeout. */
export const until = (what: string, condition: () => unknown, timeoutMs = 30_000): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error(`Timed out after ${timeoutMs} ms while waiting until ${what}.`);
    },
    { timeout: timeoutMs, interval: 25 },
  );
