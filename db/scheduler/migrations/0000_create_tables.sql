CREATE TYPE "public"."allocation_status_enum" AS ENUM('active', 'deallocated', 'migrating', 'reserved', 'releasing');--> statement-breakpoint
CREATE TYPE "public"."allocation_type_enum" AS ENUM('guaranteed', 'burstable', 'best_effort');--> statement-breakpoint
CREATE TYPE "public"."cluster_status_enum" AS ENUM('active', 'inactive', 'maintenance', 'error', 'unknown');--> statement-breakpoint
CREATE TYPE "public"."node_status_enum" AS ENUM('ready', 'not_ready', 'unknown', 'maintenance');--> statement-breakpoint
CREATE TYPE "public"."node_type_enum" AS ENUM('compute', 'storage', 'network', 'gpu', 'hybrid');--> statement-breakpoint
CREATE TYPE "public"."policy_type_enum" AS ENUM('placement', 'scaling', 'migration', 'cost_optimization');--> statement-breakpoint
CREATE TABLE "clusters" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"description" text,
	"cluster_type" varchar(50) NOT NULL,
	"version" varchar(50),
	"config" jsonb,
	"status" "cluster_status_enum" DEFAULT 'unknown' NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"row_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "clusters_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "nodes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"hostname" varchar(255) NOT NULL,
	"ip_address" "inet" NOT NULL,
	"node_type" "node_type_enum" NOT NULL,
	"cluster_id" uuid,
	"region" varchar(100),
	"availability_zone" varchar(100),
	"capacity" jsonb NOT NULL,
	"allocatable" jsonb NOT NULL,
	"allocated" jsonb NOT NULL,
	"gpu_model" varchar(100),
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"taints" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"status" "node_status_enum" DEFAULT 'unknown' NOT NULL,
	"last_heartbeat" timestamp with time zone,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "nodes_cluster_id_name_unique" UNIQUE NULLS NOT DISTINCT("cluster_id","name"),
	CONSTRAINT "nodes_taints_check" CHECK (jsonb_typeof("nodes"."taints") = 'array')
);
--> statement-breakpoint
CREATE TABLE "resource_allocations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"node_id" uuid NOT NULL,
	"allocation_type" "allocation_type_enum" NOT NULL,
	"cpu_millicores" integer NOT NULL,
	"cpu_cores" integer GENERATED ALWAYS AS ((cpu_millicores + 999) / 1000) STORED NOT NULL,
	"cpu_mhz" integer,
	"memory_mb" bigint NOT NULL,
	"storage_gb" bigint NOT NULL,
	"network_bandwidth_mbps" integer,
	"gpu_count" integer DEFAULT 0 NOT NULL,
	"gpu_milli" integer DEFAULT 0 NOT NULL,
	"gpu_type" varchar(100),
	"allocated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deallocated_at" timestamp with time zone,
	"status" "allocation_status_enum" DEFAULT 'active' NOT NULL,
	"expires_at" timestamp with time zone,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "resource_allocations_amounts_check" CHECK ("resource_allocations"."cpu_millicores" >= 0 and "resource_allocations"."cpu_mhz" >= 0 and "resource_allocations"."memory_mb" >= 0 and "resource_allocations"."storage_gb" >= 0 and "resource_allocations"."network_bandwidth_mbps" >= 0 and "resource_allocations"."gpu_count" >= 0),
	CONSTRAINT "resource_allocations_gpu_milli_check" CHECK ("resource_allocations"."gpu_milli" between 0 and "resource_allocations"."gpu_count" * 1000),
	CONSTRAINT "resource_allocations_deallocated_at_check" CHECK (("resource_allocations"."status" = 'deallocated') = ("resource_allocations"."deallocated_at" is not null)),
	CONSTRAINT "resource_allocations_expires_at_check" CHECK ("resource_allocations"."status" <> 'reserved' or "resource_allocations"."expires_at" is not null)
);
--> statement-breakpoint
ALTER TABLE "resource_allocations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "scaling_recommendations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"current_resources" jsonb NOT NULL,
	"recommended_resources" jsonb NOT NULL,
	"prediction_confidence" double precision,
	"prediction_horizon" interval NOT NULL,
	"cost_impact" numeric(18, 9),
	"currency" char(3) DEFAULT 'USD' NOT NULL,
	"performance_impact" jsonb,
	"recommendation_reason" text,
	"ml_model_version" varchar(50),
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"applied_at" timestamp with time zone,
	"feedback_score" integer,
	CONSTRAINT "scaling_recommendations_confidence_check" CHECK ("scaling_recommendations"."prediction_confidence" between 0 and 1),
	CONSTRAINT "scaling_recommendations_feedback_check" CHECK ("scaling_recommendations"."feedback_score" between 1 and 5)
);
--> statement-breakpoint
ALTER TABLE "scaling_recommendations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "scheduling_decisions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"requested_resources" jsonb NOT NULL,
	"constraints" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"candidate_nodes" jsonb NOT NULL,
	"selected_node_id" uuid,
	"decision_algorithm" varchar(100) NOT NULL,
	"decision_score" double precision,
	"decision_factors" jsonb,
	"decision_time" timestamp with time zone DEFAULT now() NOT NULL,
	"scheduler_version" varchar(50),
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "scheduling_decisions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "scheduling_policies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"description" text,
	"tenant_id" uuid NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"policy_type" "policy_type_enum" NOT NULL,
	"rules" jsonb NOT NULL,
	"constraints" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"preferences" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"anti_affinity_rules" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"resource_requirements" jsonb,
	"enabled" boolean DEFAULT true NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scheduling_policies_name_unique" UNIQUE("tenant_id","name")
);
--> statement-breakpoint
ALTER TABLE "scheduling_policies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "nodes" ADD CONSTRAINT "nodes_cluster_id_clusters_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."clusters"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resource_allocations" ADD CONSTRAINT "resource_allocations_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scheduling_decisions" ADD CONSTRAINT "scheduling_decisions_selected_node_id_nodes_id_fk" FOREIGN KEY ("selected_node_id") REFERENCES "public"."nodes"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_clusters_created_at" ON "clusters" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_nodes_cluster_id" ON "nodes" USING btree ("cluster_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_nodes_status" ON "nodes" USING btree ("status","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_nodes_created_at" ON "nodes" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_nodes_labels" ON "nodes" USING gin ("labels" jsonb_path_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "resource_allocations_claim_unique" ON "resource_allocations" USING btree ("vm_id","node_id") WHERE "resource_allocations"."status" not in ('releasing', 'deallocated');--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_vm_id" ON "resource_allocations" USING btree ("vm_id","allocated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_node_id" ON "resource_allocations" USING btree ("node_id","allocated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_tenant_id" ON "resource_allocations" USING btree ("tenant_id","allocated_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_open" ON "resource_allocations" USING btree ("node_id") WHERE "resource_allocations"."status" <> 'deallocated';--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_expires_at" ON "resource_allocations" USING btree ("expires_at") WHERE "resource_allocations"."status" = 'reserved';--> statement-breakpoint
CREATE INDEX "idx_scaling_recommendations_vm_id" ON "scaling_recommendations" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_scaling_recommendations_tenant_id" ON "scaling_recommendations" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_scheduling_decisions_vm_id" ON "scheduling_decisions" USING btree ("vm_id","decision_time" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_scheduling_decisions_tenant_id" ON "scheduling_decisions" USING btree ("tenant_id","decision_time" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_scheduling_decisions_selected_node_id" ON "scheduling_decisions" USING btree ("selected_node_id","decision_time" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_scheduling_policies_tenant_id" ON "scheduling_policies" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "resource_allocations" AS PERMISSIVE FOR ALL TO "novacron_scheduler" USING ("resource_allocations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("resource_allocations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "scaling_recommendations" AS PERMISSIVE FOR ALL TO "novacron_scheduler" USING ("scaling_recommendations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("scaling_recommendations"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "scheduling_decisions" AS PERMISSIVE FOR ALL TO "novacron_scheduler" USING ("scheduling_decisions"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("scheduling_decisions"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "scheduling_policies" AS PERMISSIVE FOR ALL TO "novacron_scheduler" USING ("scheduling_policies"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("scheduling_policies"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));