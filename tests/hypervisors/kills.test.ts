import { describe, expect, it } from "vitest";
import type { Hypervisor } from "#hypervisors/port.ts";
import { seed } from "#tests/harness/extent.ts";
import { killedHypervisor, storedIn } from "./kills.ts";
import { contradictions, runCallers } from "./random-callers.ts";
import { SimulatedProcess } from "./simulated-process.ts";

/** Runs callers for half a second on a hypervisor that breaks its promise once, and returns what the checker finds. */
async function planted(breakPromise: (hypervisor: Hypervisor) => Partial<Hypervisor>): Promise<string[]> {
  const simulated = await SimulatedProcess.start();
  try {
    const hypervisor = { ...simulated.client, ...breakPromise(simulated.client) };
    const nodes = ["node-1", "node-2"];
    const log = await runCallers({ hypervisor, nodes, seed: 1, callers: 4, signal: AbortSignal.timeout(500) });
    expect(log.acknowledged).toBeGreaterThan(50);
    return contradictions(log, await storedIn(simulated));
  } finally {
    await simulated.stop();
  }
}
describe("fault 34: the simulated hypervisor is killed", () => {
  it("the checker finds nothing where nothing is wrong, and finds a planted loss and a planted double effect", async () => {
    expect(await planted(() => ({}))).toEqual([]);
    const losses = await planted(() => ({ reboot: async () => undefined }));
    expect(losses.length).toBeGreaterThan(0);
    for (const each of losses) expect(each).toContain("has lost an effect");
    const repetitions = await planted(({ reboot }) => ({
      reboot: async (call) => {
        await reboot(call);
        await reboot({ ...call, step: "once more" });
      },
    }));
    expect(repetitions.length).toBeGreaterThan(0);
    for (const each of repetitions) expect(each).toContain("has an effect twice");
  });

  it("kill -9 at random moments loses nothing that was acknowledged, and no effect happens twice", async () => {
    const { log, wrong } = await killedHypervisor({ seed, kills: 4, upToMs: 400 });
    expect(wrong).toEqual([]);
    expect(log.acknowledged).toBeGreaterThan(100);
    expect(log.repeated).toBeGreaterThan(0);
  });

  it("the same is true while responses and requests are lost and calls fail", async () => {
    const faults = { lost_answer: 0.1, lost_request: 0.1, error: 0.1 };
    const { log, wrong } = await killedHypervisor({ seed, kills: 2, upToMs: 400, settings: { faults } });
    expect(wrong).toEqual([]);
    expect(log.repeated).toBeGreaterThan(10);
  });
});
