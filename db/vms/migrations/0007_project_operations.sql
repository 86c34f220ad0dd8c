CREATE TABLE "projected_operations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"subject_type" text,
	"subject_id" uuid,
	"state" text NOT NULL,
	"actor" text,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"version" integer NOT NULL,
	"projected_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "projected_operations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "idx_projected_operations_created_at" ON "projected_operations" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "idx_projected_operations_subject_id" ON "projected_operations" USING btree ("subject_id","created_at");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "projected_operations" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("projected_operations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("projected_operations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "projected_operations" AS PERMISSIVE FOR ALL TO "novacron_vms_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "projected_operations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT ON "projected_operations" TO "novacron_vms";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "projected_operations" TO "novacron_vms_system";
