import { pgEnum } from "drizzle-orm/pg-core";

export const vmStateEnum = pgEnum("vm_state_enum", [
  "creating",
  "running",
  "stopped",
  "paused",
  "suspended",
  "migrating",
  "backing_up",
  "restoring",
  "error",
  "deleted",
]);

export const hypervisorEnum = pgEnum("hypervisor_enum", ["kvm", "xen", "vmware", "hyper-v", "container"]);

export const snapshotTypeEnum = pgEnum("snapshot_type_enum", ["manual", "scheduled", "pre-migration", "pre-update"]);
