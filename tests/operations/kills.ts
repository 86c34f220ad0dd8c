import { expect } from "vitest";
import type { Fixture } from "./fixture.ts";
import { operationsFixture } from "./fixture.ts";
import { audit, drill } from "./drill.ts";
import { keepTwoWorkers } from "./worker-processes.ts";

/** The store calls and the effects of a drill before and after which its process can die: of one that works, and of one whose last step fails. */
export const boundaries = { works: 21, fails: 36 } as const;
export const leaseMs = 500;

/**
 * Runs drills one after the other with two worker processes. The process that runs a drill is killed with `kill -9` at the drill's boundary, and the other one
 * takes over. The journal is then compared with how the drills ended.
 */
export async function killAt(points: readonly { dieAt: number; fails: boolean }[]): Promise<Fixture> {
  const fixture = await operationsFixture();
  const definition = drill({ callee: fixture.service });
  await keepTwoWorkers({ url: fixture.url, leaseMs });
  for (const { dieAt, fails } of points) {
    const id = await fixture.start(definition, { input: { dieAt, ...(fails ? { failAt: "finish" } : {}) } });
    await fixture.reached(id, fails ? "compensated" : "done");
  }
  expect(await audit(fixture.owner)).toEqual([]);
  expect(await fixture.owner`select from deaths`).toHaveLength(points.length);
  return fixture;
}
