import { domainOf } from "../groups.ts";
import { type Filter, fits, type Group, type PlacementNode, type Reason, reason } from "../plugin.ts";

/** Passes a node where the VM is as near to other VMs, and as far from them, as the rules about groups require. */
export const groups: Filter = (node, wanted) => {
  if (wanted.groups.length === 0) return fits;
  let reasons: readonly Reason[] = fits;
  for (const group of wanted.groups)
    reasons = reasons.length === 0 ? against(node, group) : [...reasons, ...against(node, group)];
  return reasons;
};

/** As in Kubernetes, a node whose rack, zone or region is not known is far from every VM, and suits neither affinity nor spread. */
function against(node: PlacementNode, group: Group): readonly Reason[] {
  const domain = domainOf(node, group.scope);
  const { scope } = group;
  if (group.kind === "spread") {
    if (domain === undefined) return reason("spread", `is in no known ${scope}`);
    const excess = (group.counts.get(domain) ?? 0) + 1 - group.least - group.maxSkew;
    return excess <= 0 ? fits : reason("spread", `is in a ${scope} with ${excess} too many of: ${textOf(group.tags)}`);
  }
  const isTaken = domain !== undefined && group.taken.has(domain);
  if (group.kind === "antiAffinity")
    return isTaken
      ? reason("anti_affinity", `is in a ${scope} with VMs to keep away from: ${textOf(group.tags)}`)
      : fits;
  return isTaken || group.taken.size === 0
    ? fits
    : reason("affinity", `is in no ${scope} with VMs to be near to: ${textOf(group.tags)}`);
}

const textOf = (tags: Readonly<Record<string, string>>): string => {
  const all = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return all.length > 0 ? all.join(", ") : "all VMs";
};
