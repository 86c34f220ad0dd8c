import { type Filter, fits, type PlacementNode, type Reason, reason } from "../plugin.ts";

interface Label {
  key: string;
  values?: readonly string[] | undefined;
}

/** Passes a node with all labels that are required and none that is forbidden. */
export const labels: Filter = (node, { rules: { requireLabels, forbidLabels } }) => {
  if (requireLabels.length === 0 && forbidLabels.length === 0) return fits;
  let reasons: readonly Reason[] = fits;
  for (const rule of requireLabels)
    for (const label of rule.labels)
      if (!hasLabel(node, label))
        reasons = [...reasons, ...reason("label_required", `lacks the label ${textOf(label)}`)];
  for (const rule of forbidLabels)
    for (const label of rule.labels)
      if (hasLabel(node, label)) reasons = [...reasons, ...reason("label_forbidden", `has the label ${textOf(label)}`)];
  return reasons;
};

/** Whether a node has the label: the key, and one of the values where they are given. */
export function hasLabel(node: Pick<PlacementNode, "labels">, { key, values }: Label): boolean {
  if (!Object.hasOwn(node.labels, key)) return false;
  return values === undefined || values.includes(node.labels[key] as string);
}

const textOf = ({ key, values }: Label): string => (values ? `${key}=${values.join("|")}` : key);
