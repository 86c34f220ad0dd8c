import { hasTags, type Scope, type Tags } from "../rules/rule-language.ts";
import type { AppliedRules } from "../rules/applied-rules.ts";
import type { Group, PlacementNode } from "./plugin.ts";

/** A VM that is placed, or about to be. While it moves, it is on both nodes. */
export interface PlacedVm {
  nodeId: string;
  tags: Tags;
  /** Whether it is on its way to another node, where it counts for spreading. */
  isLeaving: boolean;
  /** Its own rules about VMs that must not be near it. */
  antiAffinity: readonly { scope: Scope; tags: Tags }[];
}

/** Returns the host, rack, zone or region of a node. The rack is its label `rack`. Undefined when it is not known. */
export function domainOf(node: Pick<PlacementNode, "id" | "labels" | "availabilityZone" | "region">, scope: Scope) {
  if (scope === "host") return node.id;
  if (scope === "rack") return node.labels["rack"];
  return (scope === "zone" ? node.availabilityZone : node.region) ?? undefined;
}

export interface GroupsOf {
  applied: AppliedRules;
  /** The tags of the VM that is to be placed. */
  tags: Tags;
  others: readonly PlacedVm[];
  nodes: readonly PlacementNode[];
  /** Whether the VM could be on a node, if that had room. */
  isEligible(node: PlacementNode): boolean;
}

/** Returns where the VMs are that the rules about groups name. */
export function groupsOf({ applied, tags, others, nodes, isEligible }: GroupsOf): Group[] {
  const nodeById = new Map(nodes.map((node) => [node.id, node]));
  const domainOfVm = ({ nodeId }: PlacedVm, scope: Scope) => {
    const node = nodeById.get(nodeId);
    return node && domainOf(node, scope);
  };
  const taken = (scope: Scope, isMember: (vm: PlacedVm) => boolean) =>
    new Set(others.filter(isMember).flatMap((vm) => domainOfVm(vm, scope) ?? []));
  const repelled = (scope: Scope, selector: Tags): Group => ({
    kind: "antiAffinity",
    scope,
    tags: selector,
    taken: taken(scope, (vm) => hasTags(vm.tags, selector)),
  });

  const groups: Group[] = [];
  for (const rule of applied.rules) {
    if (rule.type === "antiAffinity") groups.push(repelled(rule.scope, rule.tags));
    else if (rule.type === "affinity")
      groups.push({
        kind: "affinity",
        scope: rule.scope,
        tags: rule.tags,
        taken: taken(rule.scope, (vm) => !vm.isLeaving && hasTags(vm.tags, rule.tags)),
      });
    else if (rule.type === "spread") groups.push(spread(rule));
  }
  for (const { scope, tags: selector } of applied.repelledBy) groups.push(repelled(scope, selector));
  for (const vm of others)
    for (const { scope, tags: selector } of vm.antiAffinity) {
      const domain = hasTags(tags, selector) ? domainOfVm(vm, scope) : undefined;
      if (domain !== undefined) groups.push({ kind: "antiAffinity", scope, tags: vm.tags, taken: new Set([domain]) });
    }
  return groups;

  function spread({ scope, tags: selector, maxSkew }: { scope: Scope; tags: Tags; maxSkew: number }): Group {
    const counts = new Map<string, number>();
    for (const vm of others) {
      const domain = !vm.isLeaving && hasTags(vm.tags, selector) ? domainOfVm(vm, scope) : undefined;
      if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1);
    }
    let least = Infinity;
    for (const node of nodes) {
      const domain = domainOf(node, scope);
      if (domain !== undefined && isEligible(node)) least = Math.min(least, counts.get(domain) ?? 0);
    }
    return { kind: "spread", scope, tags: selector, counts, least: least === Infinity ? 0 : least, maxSkew };
  }
}
