-- Only workers use schedules. They start operations for them, and remove operations that ended long ago.
GRANT SELECT, INSERT, UPDATE ON "operation_schedules" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT INSERT, DELETE ON "operations" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT DELETE ON "operation_steps" TO "novacron_{{domain}}_system";
