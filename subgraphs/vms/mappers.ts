import type { VmResourceConfig } from "#db/vms/schema/vm-config.ts";
import type { VmSnapshotRow } from "#db/vms/schema/vm-snapshots.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";

// The values that resolvers return for GraphQL types, under the types' names, which codegen reads. An entity is its row without a line here.

export type VmResources = VmResourceConfig;

export type VmState = VmRow["state"];
export type HypervisorType = VmRow["hypervisorType"];
export type SnapshotType = VmSnapshotRow["snapshotType"];
