import { describe, expect, test } from "vitest";
import type { NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { machine, node } from "#tests/placement/nodes.ts";
import { place } from "./place.ts";

const gpuMachine: NodeResources = { ...machine, gpuCount: 2, gpuMilli: 2_000 };

const small = { cpuMillicores: 1_000, memoryMb: 4_096 };

describe("filters", () => {
  test("a VM goes to the node that has room for it", () => {
    const full = node({ id: "full", allocated: { memoryMb: 65_536 } });
    const result = place(small, [full, node({ id: "free" })]);
    expect(result.selected?.nodeName).toBe("free");
    expect(result.rejected).toEqual({ insufficient_memoryMb: 1 });
    expect(result.nearestMiss).toBeNull();
  });

  test("a VM that takes exactly what is free fits", () => {
    const tight = node({ id: "tight", allocated: { cpuMillicores: 15_000, memoryMb: 61_440 } });
    expect(place(small, [tight]).selected?.nodeName).toBe("tight");
    expect(place({ ...small, cpuMillicores: 1_001 }, [tight]).selected).toBeNull();
  });

  test("a node counts under every reason why it is not suitable", () => {
    const broken = node({
      id: "n1",
      status: "maintenance",
      allocated: { cpuMillicores: 16_000, storageGb: 1_000 },
    });
    const result = place({ ...small, storageGb: 10 }, [broken]);
    expect(result.rejected).toEqual({
      status_maintenance: 1,
      insufficient_cpuMillicores: 1,
      insufficient_storageGb: 1,
    });
    expect(result.nearestMiss).toEqual({
      nodeId: "n1",
      nodeName: "n1",
      feasible: false,
      reasons: ["n1 is in maintenance", "n1 is short of 1 core", "n1 is short of 10 GiB of disk"],
    });
  });

  test.each(["not_ready", "unknown", "maintenance"] as const)("no VM goes to a node that is %s", (status) => {
    expect(place(small, [node({ id: "n1", status })]).selected).toBeNull();
  });

  test("a VM gets only a GPU of an acceptable model", () => {
    const nodes = [
      node({ id: "t4", allocatable: gpuMachine, gpuModel: "T4" }),
      node({ id: "v100", allocatable: gpuMachine, gpuModel: "V100M32" }),
      node({ id: "unnamed", allocatable: gpuMachine }),
      node({ id: "plain" }),
    ];
    const result = place({ ...small, gpuCount: 1, gpuModels: ["V100M32", "G3"] }, nodes);
    expect(result.selected?.nodeName).toBe("v100");
    expect(result.rejected).toEqual({
      gpu_model: 2,
      insufficient_gpuCount: 1,
      insufficient_gpuMilli: 1,
    });
    expect(place({ ...small, gpuCount: 1 }, nodes).candidates).toHaveLength(3);
  });

  test("several VMs share a GPU until it is full", () => {
    const shared = (gpuMilli: number) =>
      node({ id: "n1", allocatable: gpuMachine, allocated: { gpuCount: 4, gpuMilli } });
    const half = { ...small, gpuCount: 1, gpuMilli: 500 };
    expect(place(half, [shared(1_500)]).selected?.nodeName).toBe("n1");
    expect(place(half, [shared(1_600)]).rejected).toEqual({ insufficient_gpuMilli: 1 });
  });

  test("whole GPUs are claimed when a request gives only their number", () => {
    const used = node({
      id: "n1",
      allocatable: gpuMachine,
      allocated: { gpuCount: 1, gpuMilli: 1 },
    });
    expect(place({ ...small, gpuCount: 2 }, [used]).nearestMiss?.reasons).toEqual(["n1 is short of 0.001 free GPUs"]);
  });
});

describe("no suitable node", () => {
  test("the nearest miss is the node that lacks the smallest part of the request", () => {
    const result = place({ cpuMillicores: 4_000, memoryMb: 32_768 }, [
      node({ id: "n1", allocated: { cpuMillicores: 15_000 } }),
      node({ id: "n7", allocated: { memoryMb: 36_044 } }),
      node({ id: "n9", status: "unknown" }),
    ]);
    expect(result.selected).toBeNull();
    expect(result.candidates).toEqual([]);
    expect(result.nearestMiss?.reasons).toEqual(["n7 is short of 3.2 GiB of memory"]);
  });

  test("there is no nearest miss when there are no nodes", () => {
    expect(place(small, [])).toEqual({
      selected: null,
      candidates: [],
      rejected: {},
      nearestMiss: null,
    });
  });
});

describe("scores", () => {
  test("best fit prefers the fuller node", () => {
    const nodes = [node({ id: "empty" }), node({ id: "half", allocated: { cpuMillicores: 8_000, memoryMb: 32_768 } })];
    expect(place(small, nodes, { weights: { bestFit: 1 } }).selected).toEqual({
      nodeId: "half",
      nodeName: "half",
      score: 56.25,
    });
  });

  test("balance prefers the node whose resources end up evenly used", () => {
    const nodes = [
      node({ id: "lopsided", allocated: { cpuMillicores: 8_000 } }),
      node({ id: "even", allocated: { memoryMb: 4_096, cpuMillicores: 1_000 } }),
    ];
    const result = place(small, nodes, { weights: { balanced: 1 } });
    expect(result.selected).toEqual({ nodeId: "even", nodeName: "even", score: 100 });
    expect(result.candidates[1]?.score).toBeCloseTo(50);
  });

  test("a VM without GPUs leaves nodes with idle GPUs to others", () => {
    const nodes = [node({ id: "gpu", allocatable: gpuMachine }), node({ id: "plain" })];
    expect(place(small, nodes).selected?.nodeName).toBe("plain");
  });

  test("the score of a node is the weighted mean of its parts and lies between 0 and 100", () => {
    const [candidate] = place(small, [node({ id: "n1", allocated: { cpuMillicores: 4_000 } })]).candidates;
    const { bestFit = 0, balanced = 0, preference = 0 } = candidate?.scoreParts ?? {};
    expect(candidate?.score).toBeCloseTo((2 * bestFit + balanced + 7 * preference) / 10);
    expect(bestFit).toBeGreaterThan(0);
    expect(balanced).toBeLessThan(100);
  });

  test("the five best nodes are kept, best first", () => {
    const nodes = [3, 1, 7, 5, 2, 6, 4].map((n) =>
      node({ id: `n${n}`, allocated: { cpuMillicores: n * 1_000, memoryMb: n * 4_096 } }),
    );
    const { candidates, selected } = place(small, nodes);
    expect(candidates.map(({ nodeId }) => nodeId)).toEqual(["n7", "n6", "n5", "n4", "n3"]);
    expect(selected?.nodeId).toBe("n7");
  });

  test("equal nodes are ranked by their ids, in any order of the nodes", () => {
    const nodes = ["b", "a", "c"].map((id) => node({ id }));
    expect(place(small, nodes).selected?.nodeId).toBe("a");
    expect(place(small, nodes.toReversed()).selected?.nodeId).toBe("a");
  });

  test("weights without a positive value are rejected", () => {
    expect(() => place(small, [], { weights: {} })).toThrow(RangeError);
  });
});
