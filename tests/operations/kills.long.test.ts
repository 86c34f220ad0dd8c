import { expect, it } from "vitest";
import type { Json } from "#lib/operations/definition.ts";
import { drill as productDrill, type DrillInput } from "#subgraphs/vms/operations/drill.ts";
import { extent } from "#tests/harness/extent.ts";
import { audit, drillOfProcesses } from "./drill.ts";
import { operationsFixture } from "./fixture.ts";
import { type Course, startKills } from "./kills.ts";
import { sagaCourses, sagaWorld } from "./saga-world.ts";

/**
 * Returns a function that chooses boundaries of the courses of one operation: the last of each kind that no earlier course had, or all. The type of the step makes
 * the kind, not its name: `undo effect begins`.
 */
function choice() {
  const tried = new Set<string>();
  return <Input extends Json>({ definition }: Course<Input>, boundaries: readonly string[]): readonly string[] => {
    const types = new Map(definition.steps.map(({ name, type }) => [name, type]));
    const kindOf = (boundary: string) => boundary.replaceAll(/[a-z]+/g, (word) => types.get(word) ?? word);
    const lastOfKind = new Map(boundaries.map((boundary) => [kindOf(boundary), boundary]));
    const covering = [...lastOfKind].flatMap(([kind, boundary]) => (tried.has(kind) ? [] : [boundary]));
    for (const kind of lastOfKind.keys()) tried.add(kind);
    expect(covering.length).toBeGreaterThan(0);
    return extent<readonly string[]>(covering, boundaries);
  };
}
const chosen = { tested: choice(), saga: choice(), drill: choice() };

const tested = (failAt: string | null, ends: "done" | "compensated") => ({
  definition: drillOfProcesses,
  asked: async () => ({ input: { failAt } }),
  ends,
});

it.each([
  ["that works", tested(null, "done"), 18],
  ["whose last step fails", tested("finish", "compensated"), 35],
] as const)(
  "an operation %s ends as it would have when a process dies at any of its boundaries",
  async (_title, course, least) => {
    const fixture = await operationsFixture();
    const kills = await startKills(fixture);
    const boundaries = await kills.boundariesOf(course);
    expect(boundaries.length).toBeGreaterThanOrEqual(least);
    await kills.killAt(course, chosen.tested(course, boundaries));
    expect(await audit(fixture.owner)).toEqual([]);
  },
);

it.each([
  ["that works", "works", 30],
  ["whose last step fails", "fails", 60],
  ["that is cancelled while it waits", "isCancelled", 35],
  ["that fails and cannot be undone", "isStuck", 45],
] as const)(
  "a saga over five databases %s leaves nothing behind that it does not list, at whichever boundary a process dies",
  async (_title, name, least) => {
    const world = await sagaWorld();
    const course = sagaCourses(world)[name];
    const kills = await startKills(world.fixture, { calleeUrl: world.callee.url });
    const boundaries = await kills.boundariesOf(course);
    expect(boundaries.length).toBeGreaterThanOrEqual(least);
    await kills.killAt(course, chosen.saga(course, boundaries));
    expect(await world.audit()).toEqual([]);
  },
);

const drilled = (
  input: Partial<DrillInput>,
  ends: Course<DrillInput>["ends"],
  whileItWaits: Course<DrillInput>["whileItWaits"] = { signal: "go" },
): Course<DrillInput> => ({
  definition: productDrill,
  asked: async () => ({ input: { workSeconds: 0, failsAt: null, undoFailsAt: null, ...input } }),
  whileItWaits,
  ends,
});

it.each([
  ["that works", drilled({}, "done"), 18],
  ["that fails", drilled({ failsAt: "finish" }, "compensated"), 25],
  ["that is cancelled while it waits", drilled({}, "compensated", "cancel"), 10],
  ["that cannot be undone", drilled({ failsAt: "finish", undoFailsAt: "begin" }, "parked"), 25],
] as const)(
  "a drill %s ends as it would have when its only process dies at any of its boundaries and is started again",
  async (_title, course, least) => {
    const fixture = await operationsFixture();
    const kills = await startKills(fixture, { processes: 1 });
    const boundaries = await kills.boundariesOf(course);
    expect(boundaries.length).toBeGreaterThanOrEqual(least);
    await kills.killAt(course, chosen.drill(course, boundaries));
    expect(await audit(fixture.owner)).toEqual([]);
  },
);
