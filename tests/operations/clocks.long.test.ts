import { expect, it } from "vitest";
import { audit, drillOfProcesses } from "./drill.ts";
import { operationsFixture } from "./fixture.ts";
import { startWorkerProcess } from "./worker-processes.ts";

const tenMinutes = 600_000;

it.each([
  ["that looks for work is ten minutes ahead", 0, tenMinutes],
  ["that looks for work is ten minutes behind", 0, -tenMinutes],
  ["that has the operation is ten minutes ahead", tenMinutes, 0],
  ["that has the operation is ten minutes behind", -tenMinutes, 0],
])(
  "case L10: no worker claims what another one renews when the clock of the worker %s",
  async (_title, clockOfHolder, clockOfOther) => {
    const fixture = await operationsFixture();
    const options = { url: fixture.url, leaseMs: 600, holds: true };
    const holder = await startWorkerProcess({ ...options, clockAheadMs: clockOfHolder });
    const input = { holdAt: "reserve took effect", listsBoundaries: true };
    const id = await fixture.start(drillOfProcesses, { input });
    await holder.printed("holds at reserve took effect");
    const other = await startWorkerProcess({ ...options, clockAheadMs: clockOfOther });
    // Five leases, by the database's clock.
    await fixture.owner`select pg_sleep(3)`;
    expect(await fixture.owner`select token from operations where id = ${id}`).toEqual([{ token: "2" }]);
    holder.child.stdin?.write("go\n");
    const { steps } = await fixture.reached(id, "done");
    expect(steps.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(other.lines).toEqual(["ready"]);
    expect(await audit(fixture.owner)).toEqual([]);
  },
);
