import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";

const openClaims = statement<{ vmId: string; nodeId: string }>(
  () => sql`
    select distinct on (vm_id) vm_id as "vmId", node_id as "nodeId" from ${resourceAllocations}
    where ${ofTenant(resourceAllocations.tenantId)} and vm_id = any(${sql.placeholder("vmIds")}::uuid[])
      and status = 'active'
    order by vm_id, allocated_at desc`,
);

/** Returns the nodes on which these VMs already hold a claim. */
export async function claimsOfVms(tx: Tx, vmIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.run(openClaims, { vmIds, tenantId: tx.tenantId });
  return new Map(rows.map(({ vmId, nodeId }) => [vmId, nodeId]));
}
