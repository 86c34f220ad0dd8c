import { expect, it } from "vitest";
import type { OperationDefinition, Step } from "./definition.ts";
import { apply, nextAction } from "./machine.ts";
import { changed, type OperationRecord, type StepRecord } from "./record.ts";

const retry = { attempts: 2, firstDelayMs: 100, longestDelayMs: 100 };
const step = (name: string): Step<null> => ({
  type: "effect",
  name,
  retry,
  timeLimitMs: 1_000,
  undoRetry: retry,
  undoTimeLimitMs: 1_000,
  run: async () => null,
  undo: async () => undefined,
});
const definition: OperationDefinition<null> = { kind: "test", version: 1, steps: [step("one"), step("two")] };
const one: StepRecord = { position: 0, name: "one", state: "done", attempts: 1, undoAttempts: 0, result: { id: "1" } };
const two: StepRecord = { position: 1, name: "two", state: "attempted", attempts: 2, undoAttempts: 0 };
const record = (state: OperationRecord["state"], steps: readonly StepRecord[]): OperationRecord => ({
  id: "0197a000-ffff-7200-8000-000000000001",
  tenantId: "0197a000-ffff-7000-8000-000000000001",
  actor: undefined,
  requestId: undefined,
  kind: "test",
  definitionVersion: 1,
  stepNames: ["one", "two"],
  input: null,
  state,
  steps,
  signals: {},
  cancelRequested: false,
  resumesInMs: undefined,
  token: 7,
});

/** Returns what is recorded next of an operation whose worker is gone. */
function recordedOf(before: OperationRecord, current = definition) {
  const action = nextAction(before, current);
  if (action.do !== "record") throw new Error(`The worker would ${action.do}.`);
  return apply(before, current, action.event, 0);
}

it("case L1: a step that was attempted for the last time without a result fails, and is undone first", () => {
  const before = record("running", [one, two]);
  const change = recordedOf(before);
  expect(change).toMatchObject({
    state: "compensating",
    error: { code: "RESULT_LOST", step: "two" },
    step: { name: "two", state: "failed" },
    next: "continue",
  });
  expect(nextAction(changed(before, change), definition)).toMatchObject({ do: "undo", position: 1 });
});

it("case L1: a step whose attempts are not used up is attempted again when its result is unknown", () => {
  const before = record("running", [one, { ...two, attempts: 1 }]);
  expect(nextAction(before, definition)).toMatchObject({ do: "run", position: 1 });
});

it("case L6: an undo that was attempted for the last time without a result parks the operation, which lists that step and those before it", () => {
  const before = record("compensating", [one, { ...two, state: "undoing", undoAttempts: 2 }]);
  expect(recordedOf(before)).toMatchObject({
    state: "parked",
    step: { name: "two", state: "parked", error: { code: "RESULT_LOST" } },
    leftBehind: [
      { step: "one", result: { id: "1" } },
      { step: "two", result: null },
    ],
    next: "end",
  });
});

it("case L6: an undo that fails and has attempts left is attempted again after a delay", () => {
  const before = record("compensating", [one, { ...two, state: "undoing", undoAttempts: 1 }]);
  const failure = { code: "STEP_FAILED", message: "no", step: "two" };
  const change = apply(before, definition, { type: "undo failed", position: 1, failure }, 1);
  expect(change).toMatchObject({ state: "compensating", step: { state: "undoing" }, next: { resumeInMs: 100 } });
  const later = { ...changed(before, change), resumesInMs: 50 };
  expect(nextAction(later, definition)).toEqual({ do: "record", event: { type: "not due", position: 1 } });
  expect(nextAction({ ...later, resumesInMs: -1 }, definition)).toMatchObject({ do: "undo", position: 1 });
});

it.each([
  ["one step fewer", [step("one")], "two"],
  ["one step more", [step("one"), step("two"), step("three")], "three"],
  ["another order", [step("two"), step("one")], "one"],
])(
  "an operation whose version of the definition has %s is parked with that step, until a worker has its own",
  (_what, steps, name) => {
    const done = { ...two, state: "done" } as StepRecord;
    for (const before of [record("pending", []), record("running", [one, done]), record("compensating", [one, done])])
      expect(recordedOf(before, { ...definition, steps })).toMatchObject({
        state: "parked",
        error: { code: "DEFINITION_CHANGED", step: name },
        next: "suspend",
      });
  },
);

it("an operation whose last undo has vanished from its definition is parked for good and lists its steps", () => {
  const steps = definition.steps.map((each) => ({ ...each, undo: undefined }) as unknown as Step<null>);
  expect(recordedOf(record("compensating", [one]), { ...definition, steps })).toMatchObject({
    state: "parked",
    error: { code: "DEFINITION_CHANGED" },
    leftBehind: [{ step: "one", result: { id: "1" } }],
    next: "end",
  });
});
