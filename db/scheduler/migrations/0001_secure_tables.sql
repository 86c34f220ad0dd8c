-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "resource_allocations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scaling_recommendations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scheduling_decisions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "scheduling_policies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
REVOKE ALL ON SCHEMA "public" FROM PUBLIC;
--> statement-breakpoint
GRANT USAGE ON SCHEMA "public" TO "novacron_scheduler", "novacron_scheduler_system";
--> statement-breakpoint
-- What a later migration creates is for nobody until it says for whom.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "clusters",
  "nodes",
  "resource_allocations",
  "scaling_recommendations",
  "scheduling_decisions",
  "scheduling_policies"
  TO "novacron_scheduler";
