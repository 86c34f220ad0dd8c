import { expect, test } from "vitest";
import { noResources as nothing, resourceClasses } from "#db/scheduler/schema/node-resources.ts";
import { node as nodeWith } from "#tests/placement/nodes.ts";
import { placeFleet } from "./place-fleet.ts";
import type { PlacementNode } from "./plugin.ts";

const fleet = (count: number): PlacementNode[] =>
  Array.from({ length: count }, (_, n) =>
    nodeWith({
      id: `n${String(n).padStart(3, "0")}`,
      name: `node-${n}`,
      allocatable: {
        ...nothing,
        cpuMillicores: 32_000,
        memoryMb: 131_072,
        gpuCount: n % 3,
        gpuMilli: (n % 3) * 1_000,
      },
      gpuModel: n % 3 === 0 ? null : "T4",
    }),
  );

const vms = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `vm${n}`,
    request: {
      cpuMillicores: 500 + ((n * 7_919) % 8_000),
      memoryMb: 1_024 + ((n * 104_729) % 32_768),
      ...(n % 5 === 0 ? { gpuCount: 1, gpuMilli: 100 + ((n * 31) % 900) } : {}),
    },
  }));

test("each VM is placed on the resources that the VMs before it left free", () => {
  const half = { cpuMillicores: 16_000, memoryMb: 1_024 };
  const { placements, allocated } = placeFleet(
    ["first", "second", "third"].map((id) => ({ id, request: half })),
    fleet(1),
  );
  expect(placements.map(({ vmId, result }) => [vmId, result.selected?.nodeId])).toEqual([
    ["first", "n000"],
    ["second", "n000"],
    ["third", undefined],
  ]);
  expect(placements[2]?.result.nearestMiss?.reasons).toEqual(["node-0 is short of 16 cores"]);
  expect(allocated.get("n000")).toEqual({ ...nothing, cpuMillicores: 32_000, memoryMb: 2_048 });
});

test("no node is allocated more than its allocatable resources, and its claims are the sum of its placements", () => {
  const nodes = fleet(30);
  const requests = vms(600);
  const { placements, allocated } = placeFleet(requests, nodes);
  const placed = placements.filter(({ result }) => result.selected);
  expect(placed.length).toBeGreaterThan(100);
  expect(placed.length).toBeLessThan(requests.length);

  const sums = new Map<string, number>();
  placements.forEach(({ result }, n) => {
    const id = result.selected?.nodeId;
    if (id) sums.set(id, (sums.get(id) ?? 0) + (requests[n]?.request.cpuMillicores ?? 0));
  });
  for (const node of nodes) {
    const claimed = allocated.get(node.id) ?? nothing;
    expect(claimed.cpuMillicores).toBe(sums.get(node.id) ?? 0);
    // Each share of a GPU counts that GPU once.
    for (const resource of resourceClasses.filter((name) => name !== "gpuCount"))
      expect(claimed[resource]).toBeLessThanOrEqual(node.allocatable[resource]);
  }
});

test("the same fleet gets the same placements, in any order of its nodes, and is not changed", () => {
  const nodes = fleet(20);
  const once = placeFleet(vms(200), nodes);
  expect(nodes).toEqual(fleet(20));
  expect(placeFleet(vms(200), nodes)).toEqual(once);
  expect(placeFleet(vms(200), nodes.toReversed()).placements).toEqual(once.placements);
});
