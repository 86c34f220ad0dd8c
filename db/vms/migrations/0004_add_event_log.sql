--> include event-log-tables.sql
--> include event-log-indexes.sql
CREATE POLICY "system_jobs" ON "vms" AS PERMISSIVE FOR ALL TO "novacron_vms_system" USING (true) WITH CHECK (true);--> statement-breakpoint
--> include event-log-policies.sql
