import { sql } from "drizzle-orm";
import type { Lookup } from "../lookup.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmSlots } from "./schema/vm-slots.ts";

/** The operation that has the slot of a VM. */
export interface VmSlot {
  vmId: string;
  operationId: string;
  operationKind: string;
  takenAt: Date;
}

const heldSlots = statement<VmSlot>(
  () => sql`
    select vm_id as "vmId", operation_id as "operationId", operation_kind as "operationKind", taken_at as "takenAt"
    from ${vmSlots}
    where ${vmSlots.vmId} = any(${sql.placeholder("vmIds")}::uuid[]) and ${vmSlots.releasedAt} is null and ${ofTenant(vmSlots.tenantId)}`,
);

/** Returns the slot of each VM in the order of the ids; null while no operation has it. */
export const slotsOfVms: Lookup<VmSlot> = async (tx, vmIds) => {
  const slots = await tx.run(heldSlots, { vmIds, tenantId: tx.tenantId });
  const byVm = new Map(slots.map((slot) => [slot.vmId, slot]));
  return vmIds.map((vmId) => byVm.get(vmId) ?? null);
};
