import type { PlacementNode } from "#subgraphs/scheduler/placement/plugin.ts";
import type { PlacementRequest } from "#subgraphs/scheduler/placement/request.ts";
import type { PolicyRule, Rule, Scope, Tags } from "#subgraphs/scheduler/rules/rule-language.ts";

// Which nodes a VM may be on, by the definitions of docs/placement.md and without the product's own code.

export interface Vm {
  tags: Tags;
  request: PlacementRequest;
  rules: readonly Rule[];
  node?: string;
}

const has = (own: Tags, wanted: Tags) => Object.keys(wanted).every((key) => own[key] === wanted[key]);

function area(node: PlacementNode, scope: Scope): string | null {
  return { host: node.id, rack: node.labels["rack"] ?? null, zone: node.availabilityZone, region: node.region }[scope];
}

const applies = (policy: PolicyRule, tags: Tags): boolean => {
  const selector = policy.appliesTo ?? ("tags" in policy ? policy.tags : {});
  return has(tags, selector);
};

/** Returns the ids of the nodes that a VM may be on, with the other VMs where they are. No two policies contradict each other. */
export function feasible(
  vm: Vm,
  nodes: readonly PlacementNode[],
  others: readonly Vm[],
  policies: readonly PolicyRule[],
): string[] {
  const rules = [...vm.rules, ...policies.filter((policy) => applies(policy, vm.tags))];
  const nodeOf = (other: Vm) => nodes.find(({ id }) => id === other.node)!;
  const isNear = (node: PlacementNode, other: Vm, scope: Scope) => {
    const own = area(node, scope);
    return own !== null && own === area(nodeOf(other), scope);
  };
  /** Whether the node could have the VM, if it had room and there were no others. */
  const couldHave = (node: PlacementNode) =>
    node.status === "ready" &&
    rules.every((rule) => {
      const isLabelled = ({ key, values }: { key: string; values?: string[] | undefined }) =>
        key in node.labels && (!values || values.includes(node.labels[key]!));
      if (rule.type === "requireLabels") return rule.labels.every(isLabelled);
      if (rule.type === "forbidLabels") return !rule.labels.some(isLabelled);
      if (rule.type === "locations")
        return (rule.zones ?? [node.availabilityZone]).includes(node.availabilityZone ?? "none");
      return true;
    }) &&
    node.taints.every(
      ({ key, effect }) =>
        effect === "PreferNoSchedule" ||
        rules.some(
          (rule) => rule.type === "tolerateTaints" && rule.taints.some((toleration) => toleration.key === key),
        ),
    );
  const hasRoom = (node: PlacementNode) => {
    const onIt = others.filter((other) => other.node === node.id);
    return (["cpuMillicores", "memoryMb"] as const).every((resource) => {
      const used = onIt.reduce((sum, { request }) => sum + request[resource], 0);
      return used + vm.request[resource] <= node.allocatable[resource] * (node.allocationRules[resource]?.ratio ?? 1);
    });
  };
  const isApart = (node: PlacementNode) => {
    const near = (scope: Scope, is: (other: Vm) => boolean) =>
      others.some((other) => is(other) && isNear(node, other, scope));
    const own = rules.every(
      (rule) => rule.type !== "antiAffinity" || !near(rule.scope, ({ tags }) => has(tags, rule.tags)),
    );
    const ofOthers = others.every((other) =>
      other.rules.every(
        (rule) => rule.type !== "antiAffinity" || !has(vm.tags, rule.tags) || !isNear(node, other, rule.scope),
      ),
    );
    const ofPolicies = policies.every(
      (rule) =>
        rule.type !== "antiAffinity" ||
        !has(vm.tags, rule.tags) ||
        !near(rule.scope, ({ tags }) => applies(rule, tags)),
    );
    return own && ofOthers && ofPolicies;
  };
  const isTogether = (node: PlacementNode) =>
    rules.every((rule) => {
      if (rule.type !== "affinity") return true;
      const group = others.filter((other) => has(other.tags, rule.tags) && area(nodeOf(other), rule.scope) !== null);
      return group.length === 0 || group.some((other) => isNear(node, other, rule.scope));
    });
  const isSpread = (node: PlacementNode) =>
    rules.every((rule) => {
      if (rule.type !== "spread") return true;
      const own = area(node, rule.scope);
      if (own === null) return false;
      const count = (of: string) =>
        others.filter((other) => has(other.tags, rule.tags) && area(nodeOf(other), rule.scope) === of).length;
      const possible = nodes.filter(couldHave).flatMap((each) => area(each, rule.scope) ?? []);
      return count(own) + 1 - Math.min(...possible.map(count)) <= rule.maxSkew;
    });
  return nodes
    .filter((node) => couldHave(node) && hasRoom(node) && isApart(node) && isTogether(node) && isSpread(node))
    .map(({ id }) => id);
}
