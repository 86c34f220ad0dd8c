import type { VmResourceConfig } from "#db/vms/schema/vm-config.ts";
import type { VmNetworkRow } from "#db/vms/schema/vm-networks.ts";
import type { VmSnapshotRow } from "#db/vms/schema/vm-snapshots.ts";
import type { VmStateTransitionRow } from "#db/vms/schema/vm-state-transitions.ts";
import type { VmTemplateRow } from "#db/vms/schema/vm-templates.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";

// The value that resolvers return for each GraphQL type, under that type's name. Codegen reads these names.

interface Reference {
  id: string;
}
export type ClusterNode = Reference;
export type Tenant = Reference;
export type User = Reference;

export type Vm = VmRow;
export type VmResources = VmResourceConfig;
export type VmTemplate = VmTemplateRow;
export type VmSnapshot = VmSnapshotRow;
export type VmNetwork = VmNetworkRow;
export type VmStateTransition = VmStateTransitionRow;

export type VmState = VmRow["state"];
export type HypervisorType = VmRow["hypervisorType"];
export type SnapshotType = VmSnapshotRow["snapshotType"];
