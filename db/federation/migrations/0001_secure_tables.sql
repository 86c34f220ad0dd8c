-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "cloud_providers" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "compliance_policies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "compliance_violations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "cost_optimizations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "migration_steps" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "migrations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "multicloud_vms" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
--> include schema-rights.sql
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "cloud_providers",
  "compliance_policies",
  "compliance_violations",
  "cost_optimizations",
  "instance_prices",
  "migration_steps",
  "migrations",
  "multicloud_vms"
  TO "novacron_federation";
