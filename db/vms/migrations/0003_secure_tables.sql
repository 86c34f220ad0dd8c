-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "vm_networks" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_snapshots" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_state_transitions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_templates" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vms" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
--> include schema-rights.sql
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "vm_networks",
  "vm_snapshots",
  "vm_templates",
  "vms"
  TO "novacron_vms";
--> statement-breakpoint
-- Append-only.
GRANT SELECT, INSERT ON "vm_state_transitions" TO "novacron_vms";
