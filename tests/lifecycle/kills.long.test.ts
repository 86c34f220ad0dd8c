import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { extent } from "#tests/harness/extent.ts";
import { type Course, definitions, ends, type Kills, startKills } from "./kills.ts";
import { type Victim, victims } from "./kill-plans.ts";
import { scenarios } from "./kill-scenarios.ts";

let kills: Kills;
beforeAll(async () => {
  kills = await startKills();
});
afterAll(() => (console.log("KILLED", killed), kills.stop()));

const tried = new Set<string>();
let killed = 0;

/**
 * Returns the last boundary of each kind that no earlier course had. The type of the step makes the kind, not its name: `undo effect begins`. Each call is killed
 * while it is under way; the hypervisor is killed only around calls of its own.
 */
function covering({ kind }: Course, victim: Victim, boundaries: readonly string[]): readonly string[] {
  const types = new Map(definitions.get(kind)?.steps.map(({ name, type }) => [name, type]));
  const kindOf = (boundary: string) => {
    if (/^during /.test(boundary)) return `${victim} ${boundary}`;
    const [around] = /^(before|after) (machine|scheduler)/.exec(boundary) ?? [];
    return `${victim} ${around ?? boundary.replaceAll(/\w+/g, (word) => types.get(word) ?? word)}`;
  };
  const own = victim === "worker" ? boundaries : boundaries.filter((boundary) => boundary.includes(" machine "));
  const lastOfKind = new Map(own.map((boundary) => [kindOf(boundary), boundary]));
  const chosen = [...lastOfKind].flatMap(([each, boundary]) => (tried.has(each) ? [] : [boundary]));
  for (const each of lastOfKind.keys()) tried.add(each);
  return chosen;
}

it("every kind of operation on VMs has a scenario", () => {
  expect(Object.keys(scenarios).toSorted()).toEqual([...definitions.keys()].toSorted());
});

const courses = Object.entries(scenarios).flatMap(([kind, all]) =>
  all.flatMap((scenario) => ends.map((end): Course => ({ kind, scenario, end }))),
);

describe("kill -9 of a worker, of the hypervisor and of both at the boundaries of an operation on a VM leaves no contradiction between them", () => {
  it.each(courses.map((course) => [course.kind, course.scenario.title, course.end, course] as const))(
    "%s of a VM that %s, to the end %s",
    async (_kind, _title, _end, course) => {
      const boundaries = await kills.boundariesOf(course);
      expect(boundaries.length).toBeGreaterThan(3);
      expect(await kills.audit()).toEqual([]);
      for (const victim of victims)
        for (const boundary of extent(covering(course, victim, boundaries), boundaries)) {
          await kills.killAt(course, boundary, victim);
          killed += 1;
          const wrong = await kills.audit();
          expect({ boundary, victim, wrong }).toEqual({ boundary, victim, wrong: [] });
        }
    },
  );
});
