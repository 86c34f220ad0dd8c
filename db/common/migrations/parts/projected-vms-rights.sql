--> statement-breakpoint
ALTER TABLE "projected_vms" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT ON "projected_vms" TO "novacron_{{domain}}";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "projected_vms" TO "novacron_{{domain}}_system";
