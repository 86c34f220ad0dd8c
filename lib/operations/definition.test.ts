import { expect, it } from "vitest";
import { OperationDefinitions, type Step } from "./definition.ts";

const limits = { attempts: 1, firstDelayMs: 1, longestDelayMs: 1 };
const step = (name: string, more: object = {}): Step<never> => ({
  type: "effect",
  name,
  retry: limits,
  timeLimitMs: 1,
  undoRetry: limits,
  undoTimeLimitMs: 1,
  run: async () => null,
  ...more,
});
const definitions = (...steps: Step<never>[]) => new OperationDefinitions([{ kind: "test", version: 1, steps }]);

it("definitions are found by kind and version", () => {
  const one = { kind: "test", version: 1, steps: [step("a")] };
  const two = { kind: "test", version: 2, steps: [step("b")] };
  const both = new OperationDefinitions([one, two]);
  expect([both.find("test", 1), both.find("test", 2), both.find("test", 3)]).toEqual([one, two, undefined]);
  expect(both.keys).toEqual(['["test",1,["a"]]', '["test",2,["b"]]']);
  expect(() => new OperationDefinitions([one, one])).toThrow("Two definitions are test@1.");
});

it("a definition that could never run or is ambiguous is refused", () => {
  expect(() => definitions()).toThrow("test@1 has no steps.");
  expect(() => definitions(step("a"), step("a"))).toThrow("test@1 has two steps of one name.");
  expect(() => definitions(step("a", { lastSafePoint: true }), step("b", { lastSafePoint: true }))).toThrow(
    "test@1 has more than one last safe point.",
  );
  for (const name of ["retry", "undoRetry"])
    expect(() => definitions(step("a", { [name]: { ...limits, attempts: 0 } }))).toThrow("is never attempted.");
});
