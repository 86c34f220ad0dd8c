import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";
import type { NodeResources } from "./schema/node-resources.ts";
import { nodes } from "./schema/nodes.ts";
import { type ResourceAllocationRow, resourceAllocations } from "./schema/resource-allocations.ts";

export interface AuditedNode {
  id: string;
  name: string;
  allocated: NodeResources;
  /** The sum of the claims on it that are not deallocated. */
  claimed: NodeResources;
}

/** A claim that is not deallocated. */
export interface AuditedClaim {
  id: string;
  vmId: string;
  nodeId: string;
  status: ResourceAllocationRow["status"];
}

// One statement, so that a node and the claims on it are of one moment.
const sums = statement<AuditedNode>(
  () => sql`
    select ${nodes.id} as id, ${nodes.name} as name, ${nodes.allocated} as allocated, jsonb_build_object(
      'cpuMillicores', coalesce(claims.cpu, 0), 'memoryMb', coalesce(claims.memory, 0), 'storageGb', coalesce(claims.storage, 0),
      'networkMbps', coalesce(claims.network, 0), 'gpuCount', coalesce(claims.gpus, 0), 'gpuMilli', coalesce(claims.milli, 0)) as claimed
    from ${nodes} left join (
      select node_id, sum(cpu_millicores) as cpu, sum(memory_mb) as memory, sum(storage_gb) as storage, sum(network_bandwidth_mbps) as network,
        sum(gpu_count) as gpus, sum(gpu_milli) as milli
      from ${resourceAllocations} where status <> 'deallocated' group by node_id
    ) as claims on claims.node_id = ${nodes.id}
    order by ${nodes.name}, ${nodes.id}`,
);
const openClaims = statement<AuditedClaim>(
  () => sql`
    select id, vm_id as "vmId", node_id as "nodeId", status from ${resourceAllocations} where status <> 'deallocated' order by id`,
);

/** Returns every node with the claims on it, of all tenants; only for the system role. */
export const auditedNodes = (system: Database): Promise<AuditedNode[]> => system.run(sums);
/** Returns every claim that counts against a node, of all tenants; only for the system role. */
export const auditedClaims = (system: Database): Promise<AuditedClaim[]> => system.run(openClaims);
