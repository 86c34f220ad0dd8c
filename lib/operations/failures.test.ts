import { expect, it } from "vitest";
import { failureOf, StepFailure, storable } from "./failures.ts";

it("the code and the message of a failure are stored without NUL and halves of surrogate pairs, and not longer than 2,000 characters", () => {
  const failure = new StepFailure("NAME\u0000", `a\u0000b \ud800 😀 ${"x".repeat(10_000)}`);
  const { code, message, step } = failureOf(failure, "one");
  expect([code, message.slice(0, 9), step]).toEqual(["NAME\ufffd", "a\ufffdb \ufffd 😀 ", "one"]);
  expect(message).toHaveLength(2_000);
  const cut = failureOf(new StepFailure("CUT", `${"x".repeat(1_999)}😀`), "one");
  expect(cut.message.isWellFormed()).toBe(true);
});

it("a result with a NUL or half of a surrogate pair, or of more than 64 KiB, is refused", () => {
  for (const result of ["a\u0000b", "\ud800", { "\udfff": 1 }, ["\\\u0000"], "x".repeat(65_535)])
    expect(() => storable(result)).toThrow("The step returned more than");
  for (const result of ["😀", "\\u0000", "\\\\ud800", { name: "\\\\" }, null]) expect(storable(result)).toBe(result);
});
