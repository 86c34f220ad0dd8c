CREATE TABLE "operation_steps" (
	"operation_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"position" smallint NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"undo_attempts" integer NOT NULL,
	"result" jsonb,
	"error" jsonb,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "operation_steps_operation_id_position_pk" PRIMARY KEY("operation_id","position")
);
--> statement-breakpoint
ALTER TABLE "operation_steps" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "operations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"definition_version" integer NOT NULL,
	"subject" text,
	"input" jsonb NOT NULL,
	"actor" text,
	"request_id" text,
	"idempotency_key" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"error" jsonb,
	"left_behind" jsonb,
	"signals" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"waiting_for" text,
	"cancel_requested_at" timestamp with time zone,
	"resumes_at" timestamp with time zone,
	"claimable_at" timestamp with time zone DEFAULT now(),
	"lease_id" uuid,
	"token" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "operations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "idx_operations_claimable_at" ON "operations" USING btree ("claimable_at") WHERE "operations"."claimable_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "idx_operations_idempotency_key" ON "operations" USING btree ("tenant_id","actor","idempotency_key") WHERE "operations"."idempotency_key" is not null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "operation_steps" AS PERMISSIVE FOR ALL TO "novacron_{{domain}}" USING ("operation_steps"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("operation_steps"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "operation_steps" AS PERMISSIVE FOR ALL TO "novacron_{{domain}}_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "operations" AS PERMISSIVE FOR ALL TO "novacron_{{domain}}" USING ("operations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("operations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "operations" AS PERMISSIVE FOR ALL TO "novacron_{{domain}}_system" USING (true) WITH CHECK (true);