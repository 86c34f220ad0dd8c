import { describe, expect, it } from "vitest";
import { defaultLimits } from "./limits.ts";
import { checkVariables } from "./variable-limits.ts";

const check = (variables: Record<string, unknown>) => () => checkVariables(variables, defaultLimits);
const deep = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}1${"]".repeat(levels)}`);

describe("attack 16: variables", () => {
  it("hold lists of at most a hundred entries, at any depth", () => {
    const ids = Array.from({ length: 100 }, String);
    expect(check({ ids, filter: { any: [{ ids }] } })).not.toThrow();
    expect(check({ filter: { any: [{ ids: [...ids, "one more"] }] } })).toThrow("100 entries");
    expect(check({ ids: Array.from({ length: 100_000 }, String) })).toThrow("100 entries");
  });

  it("are at most 32 levels deep; a value deeper than a stack is refused in the same way", () => {
    expect(check({ value: deep(32) })).not.toThrow();
    expect(check({ value: deep(33) })).toThrow("32 levels");
    expect(check({ value: deep(5_000) })).toThrow("32 levels");
  });
});
