import { contradiction } from "./contradictions.ts";
import { hasTags, type PolicyRule, type Rule, type Scope, type Tags } from "./rule-language.ts";

/** A placement policy of the VM's tenant. */
export interface PlacementPolicy {
  id: string;
  priority: number;
  rules: readonly PolicyRule[];
}

export interface AppliedRules {
  /** The rules of the VM, and those of the policies that apply to it, in the order of their priority. */
  rules: readonly Rule[];
  /**
   * Rules of policies by which VMs repel this one, though it is not the one that they apply to: those VMs were placed before it, and it respects them.
   * `tags` are those of the VMs that the rule applies to.
   */
  repelledBy: readonly { scope: Scope; tags: Tags }[];
}

/**
 * Returns the rules that decide where a VM is placed. Policies apply by descending priority: a rule that contradicts one of a higher priority is left out. A
 * policy never gives way to the VM's own rules: where they contradict, no node is suitable.
 */
export function appliedRules(own: readonly Rule[], policies: readonly PlacementPolicy[], tags: Tags): AppliedRules {
  const ordered = policies.toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  const kept: Rule[] = [];
  const repelledBy: AppliedRules["repelledBy"][number][] = [];
  for (const { rules } of ordered) {
    const before = kept.length;
    for (const rule of rules) {
      const { appliesTo = groupOf(rule), ...bare } = rule;
      if (kept.slice(0, before).some((higher) => contradiction(higher, bare))) continue;
      if (rule.type === "antiAffinity" && hasTags(tags, rule.tags))
        repelledBy.push({ scope: rule.scope, tags: appliesTo });
      if (hasTags(tags, appliesTo)) kept.push(bare);
    }
  }
  return { rules: [...own, ...kept], repelledBy };
}

const groupOf = (rule: PolicyRule): Tags => ("tags" in rule ? rule.tags : {});
