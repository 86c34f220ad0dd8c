import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { nodeChanges } from "./changes.ts";
import type { NodeResources } from "./schema/node-resources.ts";
import { type NodeRow, nodes } from "./schema/nodes.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";

/** The properties of a node that the placement of a VM needs. */
export interface FleetNode {
  id: string;
  name: string;
  clusterId: string | null;
  region: string | null;
  status: NodeRow["status"];
  gpuModel: string | null;
  allocatable: NodeResources;
  allocated: NodeResources;
  generation: number;
}

const fleetNode = sql`id, name, cluster_id as "clusterId", region, status, gpu_model as "gpuModel", allocatable, allocated, generation`;

// By id, so that two placements at once wait for each other instead of deadlocking.
const lockNodes = statement<FleetNode>(() => sql`select ${fleetNode} from ${nodes} order by id for update`);
const allNodes = statement<FleetNode>(() => sql`select ${fleetNode} from ${nodes} order by name, id`);

/** Returns every node, locked until the transaction ends. */
export const lockPlacementNodes = (tx: WriteTx): Promise<FleetNode[]> => tx.run(lockNodes);
export const fleetNodes = (tx: Tx): Promise<FleetNode[]> => tx.run(allNodes);

const claimNodes = statement<ChangedRow>(
  () => sql`
    update ${nodes} set allocated = input.allocated, ${countedWrite(nodes)}
    from jsonb_to_recordset(${sql.placeholder("rows")}::text::jsonb) as input (id uuid, allocated jsonb, generation int)
    where nodes.id = input.id and nodes.generation = input.generation
    returning ${changeColumns(nodeChanges)}`,
);

/** Sets the allocated amounts of nodes, by compare-and-set on the generation that was read. */
export async function setAllocated(
  tx: WriteTx,
  rows: readonly { id: string; allocated: NodeResources; generation: number }[],
): Promise<number> {
  const claimed = await tx.run(claimNodes, { rows: JSON.stringify(rows) });
  await append(tx, changeEvents(nodeChanges, claimed, "updated"));
  return claimed.length;
}

const openClaims = statement<{ vmId: string; nodeId: string }>(
  () => sql`
    select distinct on (vm_id) vm_id as "vmId", node_id as "nodeId" from ${resourceAllocations}
    where ${ofTenant(resourceAllocations.tenantId)} and vm_id = any(${sql.placeholder("vmIds")}::uuid[])
      and status = 'active'
    order by vm_id, allocated_at desc`,
);

/** Returns the nodes on which these VMs already hold a claim. */
export async function claimsOfVms(tx: WriteTx, vmIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.run(openClaims, { vmIds, tenantId: tx.tenantId });
  return new Map(rows.map(({ vmId, nodeId }) => [vmId, nodeId]));
}
