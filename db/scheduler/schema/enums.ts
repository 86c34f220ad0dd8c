import { pgEnum } from "drizzle-orm/pg-core";

export const nodeTypeEnum = pgEnum("node_type_enum", ["compute", "storage", "network", "gpu", "hybrid"]);

export const nodeStatusEnum = pgEnum("node_status_enum", ["ready", "not_ready", "unknown", "maintenance"]);

/** `unknown` is the default of the column. */
export const clusterStatusEnum = pgEnum("cluster_status_enum", [
  "active",
  "inactive",
  "maintenance",
  "error",
  "unknown",
]);

export const policyTypeEnum = pgEnum("policy_type_enum", ["placement", "scaling", "migration", "cost_optimization"]);

export const allocationTypeEnum = pgEnum("allocation_type_enum", ["guaranteed", "burstable", "best_effort"]);

/** A claim moves through reserved, active, releasing and deallocated; it is `migrating` while its VM moves to another node. */
export const allocationStatusEnum = pgEnum("allocation_status_enum", [
  "active",
  "deallocated",
  "migrating",
  "reserved",
  "releasing",
]);
