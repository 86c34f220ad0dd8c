-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "alert_instances" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "alert_rules" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "dataset_imports" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_metrics_latest" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "metric_dirty_hours" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
--> include schema-rights.sql
-- A page of the last values has room for the next version of each row, so that updates stay on it and touch no index.
ALTER TABLE "vm_metrics_latest" SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE "system_metrics_latest" SET (fillfactor = 50);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "alert_instances", "alert_rules", "vm_metrics_latest", "system_metrics_latest" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "dataset_imports" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT, INSERT ON "metric_retention_holds" TO "novacron_monitoring", "novacron_monitoring_system";
--> statement-breakpoint
GRANT INSERT ON "metric_dirty_hours" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT, DELETE ON "metric_dirty_hours" TO "novacron_monitoring_system";
--> statement-breakpoint
GRANT SELECT ON "metric_rollup_watermarks", "metric_storage" TO "novacron_monitoring", "novacron_monitoring_system";
--> statement-breakpoint
GRANT INSERT, UPDATE ON "metric_rollup_watermarks" TO "novacron_monitoring_system";
