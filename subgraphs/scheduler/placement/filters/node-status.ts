import type { Filter, PlacementNode, Reason } from "../plugin.ts";

const ready: readonly Reason[] = [];
const refusal = (status: string, detail: string): readonly Reason[] => [
  { code: `status_${status}`, distance: 1, detail },
];
const refusals: Record<PlacementNode["status"], readonly Reason[]> = {
  ready,
  not_ready: refusal("not_ready", "is not ready"),
  unknown: refusal("unknown", "is of unknown status"),
  maintenance: refusal("maintenance", "is in maintenance"),
};

/** Passes a node whose status allows new VMs. */
export const nodeStatus: Filter = ({ status }) => refusals[status];
