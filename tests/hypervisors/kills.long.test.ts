import { describe, expect, it } from "vitest";
import { extent, seed } from "#tests/harness/extent.ts";
import { killedHypervisor } from "./kills.ts";

describe("fault 34: the simulated hypervisor is killed", () => {
  it.each(Array.from({ length: extent(4, 40) }, (_, at) => seed + at))(
    "many times under 16 callers: nothing is lost and no effect happens twice (seed %i)",
    async (each) => {
      const faults = { lost_answer: 0.05, lost_request: 0.05, error: 0.05 };
      // With latencies, calls overlap that concern one machine: the first, and its repetition.
      const latency: [number, number] = [0, each % 2 === 0 ? 30 : 0];
      const settings = { faults, latencies: { create: latency, stop: latency, migrate: latency } };
      const { log, wrong } = await killedHypervisor({ seed: each, kills: 20, upToMs: 600, settings });
      expect(wrong).toEqual([]);
      expect(log.acknowledged).toBeGreaterThan(1_000);
    },
  );
});
