import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmChanges } from "./changes.ts";
import type { VmResourceConfig } from "./schema/vm-config.ts";
import { vms } from "./schema/vms.ts";

/** The properties of a live VM of the tenant that imports need. */
export interface FleetVm {
  id: string;
  name: string;
  nodeId: string | null;
  ownerId: string;
  state: string;
  resourceConfig: VmResourceConfig;
  tags: Record<string, string>;
  createdAt: Date;
}

const liveVms = statement<FleetVm>(
  () => sql`
    select id, name, node_id as "nodeId", owner_id as "ownerId", state, resource_config as "resourceConfig",
      tags, created_at as "createdAt"
    from ${vms} where ${ofTenant(vms.tenantId)} and deleted_at is null
    order by created_at, id`,
);

/** Returns every VM of the tenant that is not deleted, oldest first. */
export const fleetVms = (tx: Tx): Promise<FleetVm[]> => tx.run(liveVms, { tenantId: tx.tenantId });

const placeVms = statement<ChangedRow>(
  () => sql`
    update ${vms} set node_id = input.node_id, ${countedWrite(vms)}
    from unnest(${sql.placeholder("vmIds")}::uuid[], ${sql.placeholder("nodeIds")}::uuid[]) as input (vm_id, node_id)
    where vms.id = input.vm_id and ${ofTenant(vms.tenantId)} and vms.node_id is null
    returning ${changeColumns(vmChanges)}`,
);

/** Puts VMs that are on no node on these nodes. A VM that got a node meanwhile keeps it. */
export async function setNodesOfVms(tx: WriteTx, places: ReadonlyMap<string, string>): Promise<number> {
  const placed = await tx.run(placeVms, {
    vmIds: [...places.keys()],
    nodeIds: [...places.values()],
    tenantId: tx.tenantId,
  });
  await append(tx, changeEvents(vmChanges, placed, "updated"));
  return placed.length;
}
