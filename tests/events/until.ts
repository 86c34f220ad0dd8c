import { vi } from "vitest";

/** Resolves when the condition holds; rejects when it does not within the timeout. */
export const until = (what: string, condition: () => unknown, timeoutMs = 30_000): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error(`It did not come to pass in ${timeoutMs} ms that ${what}.`);
    },
    { timeout: timeoutMs, interval: 25 },
  );
