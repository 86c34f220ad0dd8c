import { placeVms as placeOnNodes } from "#subgraphs/scheduler/placement/place-vms.ts";
import { liveVms } from "#subgraphs/vms/vms/live-vms.ts";
import { setNodes } from "#subgraphs/vms/vms/set-nodes.ts";
import type { FleetDatabases } from "./fleet.ts";

export interface Placed {
  placed: number;
  /** The number of VMs for which no node had room. A decision gives the reason. */
  unplaced: number;
}

/**
 * Places every VM of the tenant that is on no node on one that has room: the scheduler claims the room, then the VMs' nodes are set. After an interruption in
 * between, the next call finds the claims and only sets the nodes. Does nothing while there are no nodes, so that VMs and nodes may be imported in any order.
 */
export async function placeVms(dbs: FleetDatabases, tenantId: string, now: Date): Promise<Placed> {
  const scope = { tenantId };
  const waiting = (await liveVms(dbs.vms, scope)).filter(({ nodeId }) => nodeId === null);
  if (waiting.length === 0) return { placed: 0, unplaced: 0 };
  const requests = waiting.map(({ id, name, resourceConfig, tags }) => ({ id, name, request: resourceConfig, tags }));
  const places = await placeOnNodes(dbs.scheduler, scope, requests, now);
  return { placed: await setNodes(dbs.vms, scope, places), unplaced: waiting.length - places.size };
}
