import { pgEnum } from "drizzle-orm/pg-core";

export const providerTypeEnum = pgEnum("provider_type_enum", ["aws", "azure", "gcp", "on_premise", "hybrid"]);

export const providerHealthEnum = pgEnum("provider_health_enum", ["healthy", "degraded", "unhealthy", "unknown"]);

export const providerVmStateEnum = pgEnum("provider_vm_state_enum", [
  "pending",
  "running",
  "stopping",
  "stopped",
  "terminated",
]);

export const migrationTypeEnum = pgEnum("migration_type_enum", ["cold", "warm", "live", "clone"]);

export const migrationStatusEnum = pgEnum("migration_status_enum", [
  "planned",
  "approved",
  "in_progress",
  "completed",
  "failed",
  "rolled_back",
  "cancelled",
]);

export const stepStatusEnum = pgEnum("step_status_enum", ["pending", "in_progress", "completed", "failed", "skipped"]);

export const violationSeverityEnum = pgEnum("violation_severity_enum", ["low", "medium", "high", "critical"]);
