CREATE TYPE "public"."migration_status_enum" AS ENUM('planned', 'approved', 'in_progress', 'completed', 'failed', 'rolled_back', 'cancelled');--> statement-breakpoint
CREATE TYPE "public"."migration_type_enum" AS ENUM('cold', 'warm', 'live', 'clone');--> statement-breakpoint
CREATE TYPE "public"."provider_health_enum" AS ENUM('healthy', 'degraded', 'unhealthy', 'unknown');--> statement-breakpoint
CREATE TYPE "public"."provider_type_enum" AS ENUM('aws', 'azure', 'gcp', 'on_premise', 'hybrid');--> statement-breakpoint
CREATE TYPE "public"."provider_vm_state_enum" AS ENUM('pending', 'running', 'stopping', 'stopped', 'terminated');--> statement-breakpoint
CREATE TYPE "public"."step_status_enum" AS ENUM('pending', 'in_progress', 'completed', 'failed', 'skipped');--> statement-breakpoint
CREATE TYPE "public"."violation_severity_enum" AS ENUM('low', 'medium', 'high', 'critical');--> statement-breakpoint
CREATE TABLE "cloud_providers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" varchar(255) NOT NULL,
	"provider_type" "provider_type_enum" NOT NULL,
	"regions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"credentials_encrypted" text,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"capabilities" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"pricing_model" jsonb,
	"health_status" "provider_health_enum" DEFAULT 'unknown' NOT NULL,
	"health_check_url" varchar(500),
	"last_health_check" timestamp with time zone,
	"health_check_interval" interval DEFAULT '5 minutes' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cloud_providers_name_unique" UNIQUE("tenant_id","name"),
	CONSTRAINT "cloud_providers_tenant_id_id_unique" UNIQUE("tenant_id","id"),
	CONSTRAINT "cloud_providers_regions_check" CHECK (jsonb_typeof("cloud_providers"."regions") = 'array'),
	CONSTRAINT "cloud_providers_health_check_interval_check" CHECK ("cloud_providers"."health_check_interval" > interval '0')
);
--> statement-breakpoint
ALTER TABLE "cloud_providers" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "compliance_policies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" varchar(255) NOT NULL,
	"framework" varchar(100) NOT NULL,
	"description" text,
	"rules" jsonb NOT NULL,
	"data_residency_requirements" jsonb,
	"encryption_requirements" jsonb,
	"audit_requirements" jsonb,
	"enabled" boolean DEFAULT true NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "compliance_policies_name_unique" UNIQUE("tenant_id","name"),
	CONSTRAINT "compliance_policies_tenant_id_id_unique" UNIQUE("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "compliance_policies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "compliance_violations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"policy_id" uuid NOT NULL,
	"vm_id" uuid,
	"provider_id" uuid,
	"violation_type" varchar(100) NOT NULL,
	"severity" "violation_severity_enum" NOT NULL,
	"description" text NOT NULL,
	"detected_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolution_notes" text,
	"auto_remediation_applied" boolean DEFAULT false NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "compliance_violations_subject_check" CHECK (num_nonnulls("compliance_violations"."vm_id", "compliance_violations"."provider_id") > 0)
);
--> statement-breakpoint
ALTER TABLE "compliance_violations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "cost_optimizations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"current_provider" uuid,
	"recommended_provider" uuid,
	"current_cost_per_hour" numeric(18, 9),
	"projected_cost_per_hour" numeric(18, 9),
	"potential_monthly_savings" numeric(18, 9),
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"optimization_type" varchar(100) NOT NULL,
	"confidence_score" double precision,
	"recommendation" jsonb NOT NULL,
	"status" varchar(50) DEFAULT 'pending' NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"applied_at" timestamp with time zone,
	CONSTRAINT "cost_optimizations_costs_check" CHECK ("cost_optimizations"."current_cost_per_hour" >= 0 and "cost_optimizations"."projected_cost_per_hour" >= 0),
	CONSTRAINT "cost_optimizations_confidence_check" CHECK ("cost_optimizations"."confidence_score" between 0 and 1)
);
--> statement-breakpoint
ALTER TABLE "cost_optimizations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "instance_prices" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"provider_type" "provider_type_enum" NOT NULL,
	"region" varchar(100) NOT NULL,
	"instance_type" varchar(100) NOT NULL,
	"family" varchar(100),
	"vcpu" numeric(10, 3) NOT NULL,
	"memory_gib" numeric(12, 4) NOT NULL,
	"gpu_count" numeric(8, 4) DEFAULT '0' NOT NULL,
	"arch" varchar(50),
	"os" varchar(50) NOT NULL,
	"hourly_on_demand" numeric(18, 9),
	"hourly_spot" numeric(18, 9),
	"hourly_reserved_1y" numeric(18, 9),
	"hourly_reserved_3y" numeric(18, 9),
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"as_of" date NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "instance_prices_unique" UNIQUE("provider_type","region","instance_type","os","as_of"),
	CONSTRAINT "instance_prices_sizes_check" CHECK ("instance_prices"."vcpu" >= 0 and "instance_prices"."memory_gib" >= 0 and "instance_prices"."gpu_count" >= 0),
	CONSTRAINT "instance_prices_prices_check" CHECK ("instance_prices"."hourly_on_demand" > 0 and "instance_prices"."hourly_spot" > 0 and "instance_prices"."hourly_reserved_1y" > 0 and "instance_prices"."hourly_reserved_3y" > 0)
);
--> statement-breakpoint
CREATE TABLE "migration_steps" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"migration_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"step_number" integer NOT NULL,
	"step_name" varchar(255) NOT NULL,
	"description" text,
	"status" "step_status_enum" DEFAULT 'pending' NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"duration" interval,
	"error_message" text,
	"retry_count" integer DEFAULT 0 NOT NULL,
	"output" jsonb,
	CONSTRAINT "migration_steps_step_number_check" CHECK ("migration_steps"."step_number" >= 0),
	CONSTRAINT "migration_steps_retry_count_check" CHECK ("migration_steps"."retry_count" >= 0)
);
--> statement-breakpoint
ALTER TABLE "migration_steps" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "migrations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"source_provider" uuid,
	"destination_provider" uuid,
	"source_node_id" uuid,
	"destination_node_id" uuid,
	"migration_type" "migration_type_enum" NOT NULL,
	"migration_plan" jsonb NOT NULL,
	"status" "migration_status_enum" DEFAULT 'planned' NOT NULL,
	"progress_percentage" integer DEFAULT 0 NOT NULL,
	"current_phase" varchar(100),
	"estimated_duration" interval,
	"estimated_completion_time" timestamp with time zone,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"rollback_plan" jsonb,
	"cost_estimate" numeric(18, 9),
	"actual_cost" numeric(18, 9),
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"error_details" jsonb,
	"initiated_by" uuid NOT NULL,
	"approved_by" uuid,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "migrations_tenant_id_id_unique" UNIQUE("tenant_id","id"),
	CONSTRAINT "migrations_progress_check" CHECK ("migrations"."progress_percentage" between 0 and 100),
	CONSTRAINT "migrations_current_phase_check" CHECK ("migrations"."current_phase" in ('validate', 'approve', 'reserve', 'prepare', 'transfer', 'cutover', 'finish', 'confirm', 'observe')),
	CONSTRAINT "migrations_costs_check" CHECK ("migrations"."cost_estimate" >= 0 and "migrations"."actual_cost" >= 0)
);
--> statement-breakpoint
ALTER TABLE "migrations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "multicloud_vms" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"local_vm_id" uuid NOT NULL,
	"provider_id" uuid NOT NULL,
	"provider_vm_id" varchar(255) NOT NULL,
	"name" varchar(255),
	"region" varchar(100),
	"availability_zone" varchar(100),
	"instance_type" varchar(100),
	"instance_family" varchar(100),
	"state" "provider_vm_state_enum" NOT NULL,
	"public_ip" "inet",
	"private_ip" "inet",
	"cost_per_hour" numeric(18, 9),
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"provider_metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"last_sync" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "multicloud_vms_provider_vm_unique" UNIQUE("provider_id","provider_vm_id"),
	CONSTRAINT "multicloud_vms_cost_check" CHECK ("multicloud_vms"."cost_per_hour" >= 0)
);
--> statement-breakpoint
ALTER TABLE "multicloud_vms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "compliance_violations" ADD CONSTRAINT "compliance_violations_policy_fk" FOREIGN KEY ("tenant_id","policy_id") REFERENCES "public"."compliance_policies"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "compliance_violations" ADD CONSTRAINT "compliance_violations_provider_fk" FOREIGN KEY ("tenant_id","provider_id") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cost_optimizations" ADD CONSTRAINT "cost_optimizations_current_provider_fk" FOREIGN KEY ("tenant_id","current_provider") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cost_optimizations" ADD CONSTRAINT "cost_optimizations_recommended_provider_fk" FOREIGN KEY ("tenant_id","recommended_provider") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "migration_steps" ADD CONSTRAINT "migration_steps_migration_fk" FOREIGN KEY ("tenant_id","migration_id") REFERENCES "public"."migrations"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "migrations" ADD CONSTRAINT "migrations_source_provider_fk" FOREIGN KEY ("tenant_id","source_provider") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "migrations" ADD CONSTRAINT "migrations_destination_provider_fk" FOREIGN KEY ("tenant_id","destination_provider") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "multicloud_vms" ADD CONSTRAINT "multicloud_vms_provider_fk" FOREIGN KEY ("tenant_id","provider_id") REFERENCES "public"."cloud_providers"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_cloud_providers_tenant_id" ON "cloud_providers" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_cloud_providers_type" ON "cloud_providers" USING btree ("tenant_id","provider_type");--> statement-breakpoint
CREATE INDEX "idx_cloud_providers_enabled" ON "cloud_providers" USING btree ("tenant_id","enabled","priority");--> statement-breakpoint
CREATE INDEX "idx_compliance_policies_tenant_id" ON "compliance_policies" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "compliance_violations_open_unique" ON "compliance_violations" USING btree ("policy_id",coalesce("vm_id", "provider_id"),"violation_type") WHERE "compliance_violations"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "idx_compliance_violations_policy_id" ON "compliance_violations" USING btree ("policy_id","detected_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_compliance_violations_vm_id" ON "compliance_violations" USING btree ("vm_id","detected_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_compliance_violations_provider_id" ON "compliance_violations" USING btree ("provider_id","detected_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_compliance_violations_tenant_id" ON "compliance_violations" USING btree ("tenant_id","detected_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_cost_optimizations_vm_id" ON "cost_optimizations" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_cost_optimizations_tenant_id" ON "cost_optimizations" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_cost_optimizations_current_provider" ON "cost_optimizations" USING btree ("current_provider");--> statement-breakpoint
CREATE INDEX "idx_cost_optimizations_recommended_provider" ON "cost_optimizations" USING btree ("recommended_provider");--> statement-breakpoint
CREATE INDEX "idx_instance_prices_size" ON "instance_prices" USING btree ("provider_type","region","vcpu","memory_gib");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_migration_steps_migration_id" ON "migration_steps" USING btree ("migration_id","step_number");--> statement-breakpoint
CREATE INDEX "idx_migration_steps_tenant_id" ON "migration_steps" USING btree ("tenant_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "migrations_active_vm_unique" ON "migrations" USING btree ("vm_id") WHERE "migrations"."status" in ('planned', 'approved', 'in_progress');--> statement-breakpoint
CREATE INDEX "idx_migrations_status" ON "migrations" USING btree ("tenant_id","status","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_vm_id" ON "migrations" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_tenant_id" ON "migrations" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_source_provider" ON "migrations" USING btree ("source_provider","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_destination_provider" ON "migrations" USING btree ("destination_provider","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_source_node_id" ON "migrations" USING btree ("source_node_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_migrations_destination_node_id" ON "migrations" USING btree ("destination_node_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_multicloud_vms_provider_id" ON "multicloud_vms" USING btree ("provider_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_multicloud_vms_local_vm_id" ON "multicloud_vms" USING btree ("local_vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_multicloud_vms_tenant_id" ON "multicloud_vms" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_multicloud_vms_tags" ON "multicloud_vms" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "cloud_providers" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("cloud_providers"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("cloud_providers"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "compliance_policies" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("compliance_policies"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("compliance_policies"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "compliance_violations" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("compliance_violations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("compliance_violations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "cost_optimizations" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("cost_optimizations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("cost_optimizations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "migration_steps" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("migration_steps"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("migration_steps"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "migrations" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("migrations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("migrations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "multicloud_vms" AS PERMISSIVE FOR ALL TO "novacron_federation" USING ("multicloud_vms"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("multicloud_vms"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));