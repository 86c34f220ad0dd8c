import { expect } from "vitest";
import { until } from "#tests/events/until.ts";
import { audit, drill } from "./drill.ts";
import { type Fixture, operationsFixture } from "./fixture.ts";
import { keepTwoWorkers } from "./worker-processes.ts";

/** The store calls and the effects of a drill before and after which its process can die: of one that works, and of one whose last step fails. */
export const boundaries = { works: 19, fails: 34 } as const;
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
    // A process that dies after the last record does so after the end of the operation.
    await until(
      "its process has died",
      async () => (await fixture.owner`select from deaths where operation_id = ${id}`).length > 0,
    );
  }
  expect(await audit(fixture.owner)).toEqual([]);
  return fixture;
}
