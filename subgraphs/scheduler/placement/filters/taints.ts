import type { Taint } from "#db/scheduler/schema/node-resources.ts";
import { type Filter, fits, type Reason, reason, type Wanted } from "../plugin.ts";

/** Passes a node whose taints the VM tolerates. Those with the effect PreferNoSchedule reject no VM; the preference score has them. */
export const taints: Filter = (node, wanted) => {
  if (node.taints.length === 0) return fits;
  let reasons: readonly Reason[] = fits;
  for (const taint of node.taints)
    if (taint.effect !== "PreferNoSchedule" && !isTolerated(taint, wanted))
      reasons = [...reasons, ...reason("taint", `has the taint ${textOf(taint)}`)];
  return reasons;
};

/** Whether one of the rules tolerates the taint, as Kubernetes matches them: a toleration without a value or an effect tolerates any. */
export const isTolerated = (taint: Taint, { rules }: Pick<Wanted, "rules">): boolean =>
  rules.tolerateTaints.some((rule) =>
    rule.taints.some(
      ({ key, value, effect }) =>
        key === taint.key &&
        (value === undefined || value === (taint.value ?? "")) &&
        (effect === undefined || effect === taint.effect),
    ),
  );

const textOf = ({ key, value, effect }: Taint): string => `${key}${value ? `=${value}` : ""}:${effect}`;
