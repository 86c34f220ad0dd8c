import type { Tx } from "#db/client.ts";
import { groupClaims, type TagLock } from "#db/scheduler/group-claims.ts";
import { placementPolicies } from "#db/scheduler/placement-policies.ts";
import type { AppliedRules, PlacementPolicy } from "../rules/applied-rules.ts";
import { parsePolicyRules, type PolicyRule, type Tags } from "../rules/rule-language.ts";
import type { PlacedVm } from "./groups.ts";

// What decides about a placement in addition to the nodes, as it is in the database.

/** Returns the enabled placement policies of the tenant. One whose rules are not of the language, as only an import can record it, has none. */
export async function policiesOf(tx: Tx): Promise<PlacementPolicy[]> {
  const rows = await placementPolicies(tx);
  return rows.map(({ id, priority, rules }) => ({ id, priority, rules: parsePolicyRules(rules).rules ?? [] }));
}

/** Returns the VMs on nodes that rules can be about: the members of the groups, and VMs with anti-affinity rules of their own. */
export async function othersOf(tx: Tx, selectors: readonly Tags[], besides: readonly string[]): Promise<PlacedVm[]> {
  const claims = await groupClaims(tx, selectors, besides);
  return claims.map(({ nodeId, tags, isLeaving, antiAffinity }) => ({ nodeId, tags, isLeaving, antiAffinity }));
}

/** Returns the tags by which the rules of a VM select others. */
export const selectorsOf = ({ rules, repelledBy }: AppliedRules): Tags[] => [
  ...rules.flatMap((rule) => ("tags" in rule ? [rule.tags] : [])),
  ...repelledBy.map(({ tags }) => tags),
];

/** Returns the tags by which the rules of policies select VMs. */
export const selectorsOfPolicies = (policies: readonly PlacementPolicy[]): Tags[] =>
  policies.flatMap(({ rules }) =>
    rules.flatMap((rule: PolicyRule) => ("tags" in rule ? [rule.tags, rule.appliesTo ?? rule.tags] : [])),
  );

/**
 * Returns the locks of a placement. A rule of the VM about a group locks one tag of the group for it alone: each member of the group shares that lock, because
 * it has that tag. VMs without such rules wait for no other.
 */
export function tagLocks(applied: AppliedRules, tags: Tags): TagLock[] {
  const text = ([key, value]: [string, string]) => JSON.stringify([key, value]);
  const shared = Object.entries(tags).map((tag) => ({ tag: text(tag), isExclusive: false }));
  const alone = applied.rules.flatMap((rule) => {
    const [first] = "tags" in rule ? Object.entries(rule.tags).map(text).toSorted() : [];
    return first === undefined ? [] : [{ tag: first, isExclusive: true }];
  });
  return [...shared, ...alone];
}
