import { describe, expect, it } from "vitest";
import type { AppliedRules } from "../../rules/applied-rules.ts";
import { parseRules } from "../../rules/rule-language.ts";
import { type GivenNode, node } from "#tests/placement/nodes.ts";
import type { PlacedVm } from "../groups.ts";
import { place, type PlacementOptions } from "../place.ts";
import type { PlacementRequest } from "../request.ts";

const small: PlacementRequest = { cpuMillicores: 1_000, memoryMb: 1_024 };
const now = new Date("2026-12-01T12:00:00Z");

const rulesOf = (...rules: readonly unknown[]): AppliedRules => {
  const parsed = parseRules(rules);
  if (!parsed.rules) throw new Error(JSON.stringify(parsed.problems));
  return { rules: parsed.rules, repelledBy: [] };
};
const on = (nodeId: string, tags: Record<string, string>): PlacedVm => ({
  nodeId,
  tags,
  isLeaving: false,
  antiAffinity: [],
});

interface Case {
  node: Omit<GivenNode, "id">;
  rules?: readonly unknown[];
  request?: Partial<PlacementRequest>;
  options?: PlacementOptions;
  others?: readonly PlacedVm[];
  /** Whether there is another node, which suits. */
  hasOther?: boolean;
  /** The codes of the reasons against the node; none when it suits. */
  reasons: readonly string[];
}

const id = "00000000-0000-7000-8000-000000000001";
const otherId = "00000000-0000-7000-8000-000000000002";
const taint = (effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute") => ({ key: "gpu", value: "yes", effect });
const tolerate = (more: object = {}) => ({ type: "tolerateTaints", taints: [{ key: "gpu", ...more }] });
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const gpus = { cpuMillicores: 8_000, memoryMb: 8_192, storageGb: 0, networkMbps: 0, gpuCount: 2, gpuMilli: 2_000 };
const web = { app: "web" };

const cases: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  inventory: {
    "rejects a node whose inventory is not complete": { node: { inventoriedAt: null }, reasons: ["no_inventory"] },
    "passes a node whose inventory was received": { node: { inventoriedAt: now }, reasons: [] },
  },
  heartbeat: {
    "passes a node that sends none": { node: { lastHeartbeat: ago(9_999) }, reasons: [] },
    "passes a recent one": { node: { heartbeatTimeoutSeconds: 30, lastHeartbeat: ago(30) }, reasons: [] },
    "rejects one that is too old": {
      node: { heartbeatTimeoutSeconds: 30, lastHeartbeat: ago(31) },
      reasons: ["heartbeat_stale"],
    },
    "rejects a node that has not sent its first": {
      node: { heartbeatTimeoutSeconds: 30 },
      reasons: ["heartbeat_stale"],
    },
  },
  excluded: {
    "rejects a node that has refused the VM": { node: {}, options: { excludedNodeIds: [id] }, reasons: ["excluded"] },
  },
  taints: {
    "reject a VM that does not tolerate them": { node: { taints: [taint("NoSchedule")] }, reasons: ["taint"] },
    "of the effect NoExecute reject it too": { node: { taints: [taint("NoExecute")] }, reasons: ["taint"] },
    "of the effect PreferNoSchedule reject no VM": { node: { taints: [taint("PreferNoSchedule")] }, reasons: [] },
    "pass a VM that tolerates the key": { node: { taints: [taint("NoSchedule")] }, rules: [tolerate()], reasons: [] },
    "pass a VM that tolerates the value": {
      node: { taints: [taint("NoSchedule")] },
      rules: [tolerate({ value: "yes" })],
      reasons: [],
    },
    "reject a VM that tolerates another value": {
      node: { taints: [taint("NoSchedule")] },
      rules: [tolerate({ value: "no" })],
      reasons: ["taint"],
    },
    "reject a VM that tolerates another effect": {
      node: { taints: [taint("NoExecute")] },
      rules: [tolerate({ effect: "NoSchedule" })],
      reasons: ["taint"],
    },
    "are a reason each": {
      node: { taints: [taint("NoSchedule"), { key: "other", effect: "NoSchedule" }] },
      rules: [tolerate()],
      reasons: ["taint"],
    },
  },
  labels: {
    "pass a node that has what is required": {
      node: { labels: { disk: "ssd" } },
      rules: [{ type: "requireLabels", labels: [{ key: "disk" }] }],
      reasons: [],
    },
    "reject a node that lacks it": {
      node: {},
      rules: [{ type: "requireLabels", labels: [{ key: "disk" }] }],
      reasons: ["label_required"],
    },
    "pass one of the values": {
      node: { labels: { disk: "ssd" } },
      rules: [{ type: "requireLabels", labels: [{ key: "disk", values: ["nvme", "ssd"] }] }],
      reasons: [],
    },
    "reject another value": {
      node: { labels: { disk: "hdd" } },
      rules: [{ type: "requireLabels", labels: [{ key: "disk", values: ["ssd"] }] }],
      reasons: ["label_required"],
    },
    "reject a node that has a forbidden one": {
      node: { labels: { disk: "hdd" } },
      rules: [{ type: "forbidLabels", labels: [{ key: "disk" }] }],
      reasons: ["label_forbidden"],
    },
    "pass a node with another value than the forbidden": {
      node: { labels: { disk: "ssd" } },
      rules: [{ type: "forbidLabels", labels: [{ key: "disk", values: ["hdd"] }] }],
      reasons: [],
    },
    "of the prototype of an object are not labels": {
      node: {},
      rules: [{ type: "requireLabels", labels: [{ key: "constructor" }] }],
      reasons: ["label_required"],
    },
  },
  pins: {
    "pass the node": { node: {}, rules: [{ type: "pinToNodes", nodeIds: [id] }], reasons: [] },
    "reject any other": { node: {}, rules: [{ type: "pinToNodes", nodeIds: [otherId] }], reasons: ["pinned"] },
  },
  locations: {
    "pass a node in one of the regions": {
      node: { region: "eu" },
      rules: [{ type: "locations", regions: ["eu", "us"] }],
      reasons: [],
    },
    "reject another region": {
      node: { region: "asia" },
      rules: [{ type: "locations", regions: ["eu"] }],
      reasons: ["region"],
    },
    "reject a node whose region is not known": {
      node: {},
      rules: [{ type: "locations", regions: ["eu"] }],
      reasons: ["region"],
    },
    "reject another zone": {
      node: { region: "eu", availabilityZone: "b" },
      rules: [{ type: "locations", regions: ["eu"], zones: ["a"] }],
      reasons: ["zone"],
    },
  },
  hypervisors: {
    "pass a node that runs one of them": {
      node: { labels: { hypervisor: "kvm" } },
      rules: [{ type: "hypervisors", anyOf: ["kvm"] }],
      reasons: [],
    },
    "reject another": {
      node: { labels: { hypervisor: "xen" } },
      rules: [{ type: "hypervisors", anyOf: ["kvm"] }],
      reasons: ["hypervisor"],
    },
    "reject a node that does not state its own": {
      node: {},
      rules: [{ type: "hypervisors", anyOf: ["kvm"] }],
      reasons: ["hypervisor"],
    },
  },
  GPUs: {
    "of an acceptable model pass": {
      node: { allocatable: gpus, gpuModel: "T4" },
      rules: [{ type: "gpuModels", anyOf: ["T4"] }],
      request: { gpuCount: 1 },
      reasons: [],
    },
    "of another model are rejected": {
      node: { allocatable: gpus, gpuModel: "P100" },
      rules: [{ type: "gpuModels", anyOf: ["T4"] }],
      request: { gpuCount: 1 },
      reasons: ["gpu_model"],
    },
    "of any model pass a VM without GPUs": {
      node: { allocatable: gpus, gpuModel: "P100" },
      rules: [{ type: "gpuModels", anyOf: ["T4"] }],
      reasons: [],
    },
    "are shared until their sum is used": {
      node: { allocatable: gpus, allocated: { gpuCount: 3, gpuMilli: 1_600 } },
      request: { gpuCount: 1, gpuMilli: 500 },
      reasons: ["insufficient_gpuMilli"],
    },
    "with a free share pass": {
      node: { allocatable: gpus, allocated: { gpuCount: 3, gpuMilli: 1_500 } },
      request: { gpuCount: 1, gpuMilli: 500 },
      reasons: [],
    },
  },
  resources: {
    "fit up to the last unit": {
      node: { allocatable: gpus, allocated: { cpuMillicores: 7_000, memoryMb: 7_168 } },
      reasons: [],
    },
    "that are claimed are not there": {
      node: { allocatable: gpus, allocated: { cpuMillicores: 7_001 } },
      reasons: ["insufficient_cpuMillicores"],
    },
    "fit up to the ratio": {
      node: {
        allocatable: gpus,
        allocated: { cpuMillicores: 8_000 },
        allocationRules: { cpuMillicores: { ratio: 1.125 } },
      },
      reasons: [],
    },
    "of a node that came back smaller are never negative": {
      node: { allocatable: gpus, allocated: { memoryMb: 99_999 } },
      reasons: ["insufficient_memoryMb"],
    },
    "below the smallest claim are rejected": {
      node: { allocationRules: { memoryMb: { min: 2_048 } } },
      reasons: ["size_memoryMb"],
    },
    "above the largest claim are rejected": {
      node: { allocationRules: { memoryMb: { max: 512 } } },
      reasons: ["size_memoryMb"],
    },
    "that are no multiple of the step are rejected": {
      node: { allocationRules: { memoryMb: { step: 1_000 } } },
      reasons: ["size_memoryMb"],
    },
    "that are not claimed have no size": { node: { allocationRules: { gpuMilli: { min: 500 } } }, reasons: [] },
  },
  groups: {
    "keep a VM away from its host": {
      node: {},
      rules: [{ type: "antiAffinity", scope: "host", tags: web }],
      others: [on(id, web)],
      reasons: ["anti_affinity"],
    },
    "with other tags are not kept away from": {
      node: {},
      rules: [{ type: "antiAffinity", scope: "host", tags: web }],
      others: [on(id, { app: "db" })],
      reasons: [],
    },
    "keep a VM away from its rack": {
      node: { labels: { rack: "r1" } },
      rules: [{ type: "antiAffinity", scope: "rack", tags: web }],
      others: [on(id, web)],
      reasons: ["anti_affinity"],
    },
    "in no known rack are far from each other": {
      node: {},
      rules: [{ type: "antiAffinity", scope: "rack", tags: web }],
      others: [on(id, web)],
      reasons: [],
    },
    "that leave are kept away from too": {
      node: {},
      rules: [{ type: "antiAffinity", scope: "host", tags: web }],
      others: [{ ...on(id, web), isLeaving: true }],
      reasons: ["anti_affinity"],
    },
    "attract a VM to their zone": {
      node: { availabilityZone: "a" },
      rules: [{ type: "affinity", scope: "zone", tags: web }],
      others: [on(id, web)],
      reasons: [],
    },
    "on another host reject this one": {
      node: {},
      hasOther: true,
      rules: [{ type: "affinity", scope: "host", tags: web }],
      others: [on(otherId, web)],
      reasons: ["affinity"],
    },
    "without a VM attract to no host": {
      node: {},
      rules: [{ type: "affinity", scope: "host", tags: web }],
      reasons: [],
    },
    "need a known zone to be spread": {
      node: {},
      rules: [{ type: "spread", scope: "zone", tags: web, maxSkew: 1 }],
      reasons: ["spread"],
    },
    "are spread within maxSkew": {
      node: {},
      hasOther: true,
      rules: [{ type: "spread", scope: "host", tags: web, maxSkew: 2 }],
      others: [on(id, web)],
      reasons: [],
    },
    "are not spread beyond maxSkew": {
      node: {},
      hasOther: true,
      rules: [{ type: "spread", scope: "host", tags: web, maxSkew: 1 }],
      others: [on(id, web)],
      reasons: ["spread"],
    },
  },
};

describe.each(Object.entries(cases))("%s", (_filter, ofFilter) => {
  it.each(Object.entries(ofFilter))(
    "%s",
    (_title, { reasons, rules = [], request, options, others = [], ...given }) => {
      const nodes = [node({ id, ...given.node }), ...(given.hasOther ? [node({ id: otherId })] : [])];
      const applied = rulesOf(...rules);
      const { rejected, candidates } = place({ ...small, ...request }, nodes, { applied, others, now, ...options });
      expect(Object.keys(rejected)).toEqual(reasons);
      expect(candidates.some(({ nodeId }) => nodeId === id)).toBe(reasons.length === 0);
    },
  );
});

describe("scores", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, n) => node({ id: `n${n}` }));

  it("prefer the preferred node to a fuller one, whenever it suits", () => {
    const nodes = [node({ id: "full", allocated: { cpuMillicores: 15_000, memoryMb: 60_000 } }), node({ id: "own" })];
    expect(place(small, nodes, { preferredNodeId: "own" }).selected?.nodeId).toBe("own");
    expect(
      place(small, [...nodes.slice(0, 1), node({ id: "own", status: "maintenance" })], { preferredNodeId: "own" })
        .selected?.nodeId,
    ).toBe("full");
  });

  it("prefer any node to one with a taint PreferNoSchedule that is not tolerated, until no other suits", () => {
    const tainted = node({
      id: "a",
      taints: [taint("PreferNoSchedule")],
      allocated: { cpuMillicores: 15_000, memoryMb: 64_512 },
    });
    expect(place(small, [tainted, node({ id: "b" })]).selected?.nodeId).toBe("b");
    expect(place(small, [tainted, node({ id: "b" })], { applied: rulesOf(tolerate()) }).selected?.nodeId).toBe("a");
    expect(place(small, [tainted]).selected?.nodeId).toBe("a");
  });

  it("prefer the nodes and labels of the rules", () => {
    const nodes = [...ids(3), node({ id: "ssd", labels: { disk: "ssd" } })];
    expect(
      place(small, nodes, { applied: rulesOf({ type: "prefer", labels: [{ key: "disk" }] }) }).selected?.nodeId,
    ).toBe("ssd");
  });

  it("spread VMs over the nodes when the least used counts, and pack them when the best fit does", () => {
    const nodes = [node({ id: "busy", allocated: { cpuMillicores: 8_000, memoryMb: 32_768 } }), node({ id: "idle" })];
    expect(place(small, nodes, { applied: rulesOf({ type: "weights", leastUsed: 1 }) }).selected?.nodeId).toBe("idle");
    expect(place(small, nodes, { applied: rulesOf({ type: "weights", bestFit: 1 }) }).selected?.nodeId).toBe("busy");
  });
});
