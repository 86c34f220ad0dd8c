import { pgEnum } from "drizzle-orm/pg-core";

export const alertSeverity = pgEnum("alert_severity_enum", ["info", "warning", "critical", "emergency"]);

/**
 * The four values of the seed. Only the first three are ever stored (a CHECK on alert_instances enforces it). A pair of columns next to the state stores the
 * acknowledgement, and a reader derives `acknowledged` from them.
 */
export const alertState = pgEnum("alert_state_enum", ["pending", "firing", "resolved", "acknowledged"]);

/** How the samples inside a rule's window become the one number that is compared. */
export const alertAggregate = pgEnum("alert_aggregate_enum", ["avg", "max", "min", "p95", "rate", "absent"]);

/** What a rule does with an entity that has no samples in the window. */
export const noDataPolicy = pgEnum("no_data_policy_enum", ["alert", "ok", "keep"]);

export const datasetImportStatus = pgEnum("dataset_import_status_enum", ["running", "interrupted", "completed"]);

export const metricStorageEngine = pgEnum("metric_storage_engine_enum", ["native", "timescale"]);
