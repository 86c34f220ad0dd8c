import { hasTags, type Rule, type RuleProblem } from "./rule-language.ts";

/** Returns why no node can meet both rules; undefined when they do not exclude each other. */
export function contradiction(one: Rule, other: Rule): string | undefined {
  return between(one, other) ?? between(other, one);
}

/** Returns a problem for each rule that an earlier one excludes. */
export function contradictions(rules: readonly Rule[]): RuleProblem[] {
  return rules.flatMap((rule, at) => {
    const found = rules.slice(0, at).flatMap((earlier, index) => {
      const reason = contradiction(earlier, rule);
      return reason === undefined ? [] : [{ path: [String(at)], message: `It contradicts rule ${index}: ${reason}` }];
    });
    return found.slice(0, 1);
  });
}

const isDisjoint = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((value) => !other.includes(value));

function between(one: Rule, other: Rule): string | undefined {
  if (one.type === "requireLabels" && other.type === "forbidLabels") {
    const clash = one.labels.find((required) =>
      other.labels.some(
        ({ key, values }) =>
          key === required.key && (!values || required.values?.every((each) => values.includes(each))),
      ),
    );
    if (clash) return `the label ${clash.key} is required and forbidden.`;
  }
  if (one.type === "requireLabels" && other.type === "requireLabels") {
    const clash = one.labels.find((label) =>
      other.labels.some(
        ({ key, values }) => key === label.key && values && label.values && isDisjoint(values, label.values),
      ),
    );
    if (clash) return `no value of the label ${clash.key} is in both.`;
  }
  if (one.type === "pinToNodes" && other.type === "pinToNodes" && isDisjoint(one.nodeIds, other.nodeIds))
    return "no node is in both.";
  if (one.type === "locations" && other.type === "locations") {
    if (one.regions && other.regions && isDisjoint(one.regions, other.regions)) return "no region is in both.";
    if (one.zones && other.zones && isDisjoint(one.zones, other.zones)) return "no zone is in both.";
  }
  if (one.type === "hypervisors" && other.type === "hypervisors" && isDisjoint(one.anyOf, other.anyOf))
    return "no hypervisor is in both.";
  if (one.type === "gpuModels" && other.type === "gpuModels" && isDisjoint(one.anyOf, other.anyOf))
    return "no GPU model is in both.";
  // Who is near a VM of the narrower group is near one of the wider group.
  if (one.type === "affinity" && other.type === "antiAffinity" && hasTags(one.tags, other.tags)) {
    const wide = ["host", "rack", "zone", "region"];
    if (wide.indexOf(one.scope) <= wide.indexOf(other.scope)) return "the same VMs attract and repel.";
  }
  return undefined;
}
