import { type Column, sql } from "drizzle-orm";
import type { Changes } from "../changes.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmNetworks } from "./schema/vm-networks.ts";
import { vmSnapshots } from "./schema/vm-snapshots.ts";
import { vmStateTransitions } from "./schema/vm-state-transitions.ts";
import { vmTemplates } from "./schema/vm-templates.ts";
import { vms } from "./schema/vms.ts";

// Which columns of a written row its event holds. `events/vms.ts` defines what other domains may rely on.

/** Selects from the VM, which exists because of the foreign key. */
const ofVm = (column: Column) =>
  sql`(select ${column} from ${vms} where ${vms.id} = ${vmStateTransitions.vmId} and ${ofTenant(vms.tenantId)})`;

export const vmChanges: Changes<typeof vms> = {
  table: vms,
  event: "vm",
  payload: ["name", "state", "nodeId", "ownerId", "tags"],
};
export const vmTemplateChanges: Changes<typeof vmTemplates> = {
  table: vmTemplates,
  event: "vm_template",
  payload: ["name", "version"],
};
export const vmSnapshotChanges: Changes<typeof vmSnapshots> = {
  table: vmSnapshots,
  event: "vm_snapshot",
  payload: ["vmId", "name", "snapshotType"],
};
export const vmNetworkChanges: Changes<typeof vmNetworks> = {
  table: vmNetworks,
  event: "vm_network",
  payload: ["vmId", "networkName"],
};
export const vmStateTransitionChanges: Changes<typeof vmStateTransitions> = {
  table: vmStateTransitions,
  event: "vm_state_transition",
  payload: ["vmId", "fromState", "toState", "reason"],
  related: { nodeId: ofVm(vms.nodeId), ownerId: ofVm(vms.ownerId), tags: ofVm(vms.tags) },
};
