-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "resource_allocations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scaling_recommendations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scheduling_decisions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scheduling_policies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
--> include schema-rights.sql
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "clusters",
  "nodes",
  "resource_allocations",
  "scaling_recommendations",
  "scheduling_decisions",
  "scheduling_policies"
  TO "novacron_scheduler";
