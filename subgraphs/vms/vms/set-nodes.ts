import type { Database, Scope } from "#db/client.ts";
import { setNodesOfVms } from "#db/vms/fleet-writes.ts";

/**
 * Puts VMs that are on no node on the nodes where they were placed. A VM that got a node meanwhile keeps it.
 * @param places the node of each VM
 * @returns how many VMs were put on a node
 */
export const setNodes = async (
  database: Database,
  scope: Scope,
  places: ReadonlyMap<string, string>,
): Promise<number> => (places.size === 0 ? 0 : database.write(scope, (tx) => setNodesOfVms(tx, places)));
