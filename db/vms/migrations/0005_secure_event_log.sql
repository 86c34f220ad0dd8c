--> include event-log-functions.sql
--> statement-breakpoint
GRANT SELECT ON "vms" TO "novacron_vms_system";
