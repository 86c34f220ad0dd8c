import { expect, it } from "vitest";
import { extent } from "#tests/harness/extent.ts";
import { boundaries, killAt } from "./kills.ts";

it.each([
  ["that works", boundaries.works, false],
  ["whose last step fails", boundaries.fails, true],
] as const)(
  "an operation %s ends as it would have when a process dies at any of its boundaries",
  async (_title, count, fails) => {
    const points = Array.from({ length: count }, (_, at) => ({ dieAt: at + 1, fails }));
    const chosen = points.filter(({ dieAt }) => dieAt % extent(2, 1) === 0);
    expect(chosen.length).toBeGreaterThan(8);
    await killAt(chosen);
  },
);
