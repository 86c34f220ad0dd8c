import { type Column, type GetColumnData, type SQL, sql } from "drizzle-orm";
import { changesOf } from "../changes.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { projectedOperations } from "./schema/projected-operations.ts";
import { vmNetworks } from "./schema/vm-networks.ts";
import { vmSnapshots } from "./schema/vm-snapshots.ts";
import { vmStateTransitions } from "./schema/vm-state-transitions.ts";
import { vmTemplates } from "./schema/vm-templates.ts";
import { vms } from "./schema/vms.ts";

// Which tables have events. `events/vms.ts` lists the payload of each, column by column.

/** Selects from the VM, which exists because of the foreign key. */
const ofVm = <C extends Column>(column: C): SQL<GetColumnData<C>> =>
  sql<
    GetColumnData<C>
  >`(select ${column} from ${vms} where ${vms.id} = ${vmStateTransitions.vmId} and ${ofTenant(vms.tenantId)})`;

export const vmChanges = changesOf(vms, "vm");
export const vmTemplateChanges = changesOf(vmTemplates, "vm_template");
export const vmSnapshotChanges = changesOf(vmSnapshots, "vm_snapshot");
export const vmNetworkChanges = changesOf(vmNetworks, "vm_network");
export const vmStateTransitionChanges = changesOf(vmStateTransitions, "vm_state_transition", {
  related: { nodeId: ofVm(vms.nodeId), ownerId: ofVm(vms.ownerId), tags: ofVm(vms.tags) },
});
export const projectedOperationChanges = changesOf(projectedOperations, "operation");
