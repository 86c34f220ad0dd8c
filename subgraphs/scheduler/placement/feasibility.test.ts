import fc from "fast-check";
import { expect, it } from "vitest";
import { noResources, plus } from "#db/scheduler/schema/node-resources.ts";
import { feasible, type Vm } from "#tests/placement/brute-force.ts";
import { node } from "#tests/placement/nodes.ts";
import { appliedRules } from "../rules/applied-rules.ts";
import type { PolicyRule, Rule } from "../rules/rule-language.ts";
import type { PlacedVm } from "./groups.ts";
import { place } from "./place.ts";
import type { PlacementNode } from "./plugin.ts";
import { claimOf } from "./request.ts";

const nullable = <T>(...values: T[]) => fc.constantFrom(null, ...values);
const tags = fc
  .record({ app: nullable("web", "db"), env: nullable("prod") })
  .map((given): Record<string, string> =>
    Object.fromEntries(Object.entries(given).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
  );
const selector = tags.filter((value) => Object.keys(value).length > 0);
const scope = fc.constantFrom("host", "rack", "zone", "region");
const labels = fc.constantFrom(
  [{ key: "disk" }],
  [{ key: "disk", values: ["ssd"] }],
  [{ key: "disk", values: ["hdd", "ssd"] }],
);
const request = fc.record({ cpuMillicores: fc.integer({ min: 1, max: 4 }), memoryMb: fc.integer({ min: 1, max: 4 }) });

const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ type: fc.constant("requireLabels"), labels }),
  fc.record({ type: fc.constant("forbidLabels"), labels }),
  fc.record({ type: fc.constant("locations"), zones: fc.constantFrom(["a"], ["a", "b"]) }),
  fc.constant({ type: "tolerateTaints", taints: [{ key: "gpu" }] }),
  fc.record({ type: fc.constant("affinity"), scope, tags: selector }),
  fc.record({ type: fc.constant("antiAffinity"), scope, tags: selector }),
  fc.record({ type: fc.constant("spread"), scope, tags: selector, maxSkew: fc.constantFrom(1, 2) }),
) as fc.Arbitrary<Rule>;
const policyRule: fc.Arbitrary<PolicyRule> = fc
  .tuple(rule, fc.option(selector, { nil: undefined }))
  .map(([given, appliesTo]) => (appliesTo ? { ...given, appliesTo } : given));

const machine = fc.record({
  status: fc.constantFrom("ready" as const, "ready" as const, "maintenance" as const),
  availabilityZone: nullable("a", "b"),
  region: nullable("eu"),
  rack: nullable("r1", "r2"),
  disk: nullable("ssd", "hdd"),
  isTainted: fc.boolean(),
  ratio: fc.constantFrom(1, 2),
  size: fc.integer({ min: 2, max: 8 }),
});
type Machine = typeof machine extends fc.Arbitrary<infer Value> ? Value : never;
const fleet = fc.array(machine, { minLength: 1, maxLength: 5 });
const vm = fc.record({ tags, request, rules: fc.array(rule, { maxLength: 2 }) });

const nodeOf = ({ rack, disk, isTainted, ratio, size, ...rest }: Machine, at: number): PlacementNode =>
  node({
    ...rest,
    id: `n${at}`,
    labels: { ...(rack === null ? {} : { rack }), ...(disk === null ? {} : { disk }) },
    taints: isTainted ? [{ key: "gpu", effect: "NoSchedule" }] : [],
    allocatable: { ...noResources, cpuMillicores: size, memoryMb: size },
    allocationRules: { cpuMillicores: { ratio } },
  });

const placed = (other: Vm): PlacedVm => ({
  nodeId: other.node ?? "",
  tags: other.tags,
  isLeaving: false,
  antiAffinity: other.rules.flatMap((each) => (each.type === "antiAffinity" ? [each] : [])),
});

it("a VM is placed exactly where a brute-force search by the definitions of the rules finds that it may be", () => {
  let refused = 0;
  let selected = 0;
  const property = fc.property(
    fleet,
    fc.array(fc.tuple(vm, fc.nat(4)), { maxLength: 5 }),
    fc.array(policyRule, { maxLength: 3 }),
    fc.array(vm, { minLength: 1, maxLength: 4 }),
    (given, before, rules, waiting) => {
      const nodes = given.map(nodeOf);
      const others: Vm[] = before.map(([each, at]) => ({ ...each, node: nodes[at % nodes.length]!.id }));
      for (const other of others) claim(nodes, other);
      for (const next of waiting) {
        const applied = appliedRules(next.rules, [{ id: "policy", priority: 0, rules }], next.tags);
        const result = place(next.request, nodes, { applied, tags: next.tags, others: others.map(placed) });
        const expected = feasible(next, nodes, others, rules);
        expect(result.candidates.map(({ nodeId }) => nodeId).toSorted()).toEqual(expected);
        expect(result.selected === null).toBe(expected.length === 0);
        if (!result.selected) {
          refused += 1;
          continue;
        }
        selected += 1;
        const here = { ...next, node: result.selected.nodeId };
        claim(nodes, here);
        others.push(here);
      }
    },
  );
  fc.assert(property, { numRuns: 3_000 });
  expect(Math.min(refused, selected)).toBeGreaterThan(500);
});

function claim(nodes: PlacementNode[], { node: id, request: wanted }: Vm): void {
  const on = nodes.find((each) => each.id === id)!;
  on.allocated = plus(on.allocated, claimOf(wanted));
}
