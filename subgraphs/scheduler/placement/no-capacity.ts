import { PublicError } from "#lib/errors.ts";

export interface NoCapacity {
  /** Reason → the number of nodes that were rejected for it. */
  rejected: Readonly<Record<string, number>>;
  nearestMiss: readonly string[];
  nodes: number;
  decisionId?: string;
}

/** Returns the error of a VM that no node can take, with the number of nodes by reason and what the nearest one lacks. */
export function noCapacity({ rejected, nearestMiss, nodes, decisionId }: NoCapacity): PublicError {
  const counts = Object.entries(rejected)
    .toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([reason, count]) => `${reason}: ${count}`);
  const message =
    nodes === 0
      ? "There are no nodes."
      : `No node of ${nodes} can take the VM (${counts.join(", ")}). Nearest: ${nearestMiss.join("; ")}.`;
  return new PublicError("NO_CAPACITY", message, {
    rejected,
    nearestMiss,
    nodes,
    ...(decisionId ? { decisionId } : {}),
  });
}
