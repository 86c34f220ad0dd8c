import type { Database, Scope } from "#db/client.ts";
import { readIn } from "#db/read-in.ts";
import type { RecordedRow } from "#db/record-rows.ts";
import { type FleetNode, fleetNodes } from "#db/scheduler/placement-nodes.ts";
import { addClusters, addNodes, addOrRenameClusters, addOrResizeNodes } from "#db/scheduler/record-writes.ts";
import type { clusters } from "#db/scheduler/schema/clusters.ts";
import type { nodes } from "#db/scheduler/schema/nodes.ts";

/** Returns every node, by name. Nodes belong to no tenant. */
export const allNodes = (database: Database, scope: Scope): Promise<FleetNode[]> => readIn(database, scope, fleetNodes);

export interface RecordedNodes {
  clusters: readonly RecordedRow<typeof clusters>[];
  nodes: readonly RecordedRow<typeof nodes>[];
}

/**
 * Records clusters and their nodes, whose given sizes are their complete inventories.
 * @param existing what becomes of those that are recorded already: they stay as they are, or get the given names and sizes
 * @returns how many rows were added or changed
 */
export const recordNodes = (
  database: Database,
  scope: Scope,
  recorded: RecordedNodes,
  existing: "keep" | "resize",
): Promise<number> =>
  database.write(scope, async (tx) => {
    const inventoriedAt = new Date();
    const known = recorded.nodes.map((node) => ({ inventoriedAt, ...node }));
    return existing === "keep"
      ? (await addClusters(tx, recorded.clusters)) + (await addNodes(tx, known))
      : (await addOrRenameClusters(tx, recorded.clusters)) + (await addOrResizeNodes(tx, known));
  });
