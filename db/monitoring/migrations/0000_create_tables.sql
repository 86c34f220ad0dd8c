CREATE TYPE "public"."alert_aggregate_enum" AS ENUM('avg', 'max', 'min', 'p95', 'rate', 'absent');--> statement-breakpoint
CREATE TYPE "public"."alert_severity_enum" AS ENUM('info', 'warning', 'critical', 'emergency');--> statement-breakpoint
CREATE TYPE "public"."alert_state_enum" AS ENUM('pending', 'firing', 'resolved', 'acknowledged');--> statement-breakpoint
CREATE TYPE "public"."dataset_import_status_enum" AS ENUM('running', 'interrupted', 'completed');--> statement-breakpoint
CREATE TYPE "public"."metric_storage_engine_enum" AS ENUM('native', 'timescale');--> statement-breakpoint
CREATE TYPE "public"."no_data_policy_enum" AS ENUM('alert', 'ok', 'keep');--> statement-breakpoint
CREATE TABLE "alert_instances" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"rule_id" uuid NOT NULL,
	"vm_id" uuid,
	"node_id" uuid,
	"state" "alert_state_enum" NOT NULL,
	"severity" "alert_severity_enum" NOT NULL,
	"value" double precision,
	"message" text,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"fired_at" timestamp with time zone,
	"resolved_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"acknowledged_by" uuid,
	"acknowledgement_note" text,
	"acknowledgement_expires_at" timestamp with time zone,
	"flap_count" integer DEFAULT 0 NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alert_instances_state_check" CHECK ("alert_instances"."state" <> 'acknowledged'),
	CONSTRAINT "alert_instances_entity_check" CHECK (num_nonnulls("alert_instances"."vm_id", "alert_instances"."node_id") > 0),
	CONSTRAINT "alert_instances_resolved_check" CHECK (("alert_instances"."state" = 'resolved') = ("alert_instances"."resolved_at" is not null)),
	CONSTRAINT "alert_instances_acknowledged_check" CHECK (("alert_instances"."acknowledged_at" is null) = ("alert_instances"."acknowledged_by" is null))
);
--> statement-breakpoint
ALTER TABLE "alert_instances" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "alert_rules" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"description" text,
	"tenant_id" uuid NOT NULL,
	"metric_name" varchar(255) NOT NULL,
	"aggregate" "alert_aggregate_enum" DEFAULT 'avg' NOT NULL,
	"comparison_operator" varchar(10) NOT NULL,
	"threshold_value" double precision NOT NULL,
	"evaluation_window" interval NOT NULL,
	"for_duration" interval DEFAULT 'PT0S' NOT NULL,
	"keep_firing_for" interval DEFAULT 'PT0S' NOT NULL,
	"cool_down" interval DEFAULT 'PT0S' NOT NULL,
	"no_data_policy" "no_data_policy_enum" DEFAULT 'keep' NOT NULL,
	"scope" jsonb DEFAULT '{"entity":"vm","by":"all"}'::jsonb NOT NULL,
	"severity" "alert_severity_enum" NOT NULL,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"notification_channels" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "alert_rules_comparison_operator_check" CHECK ("alert_rules"."comparison_operator" in ('>', '<', '>=', '<=', '==', '!=')),
	CONSTRAINT "alert_rules_evaluation_window_check" CHECK ("alert_rules"."evaluation_window" > interval '0'),
	CONSTRAINT "alert_rules_durations_check" CHECK ("alert_rules"."for_duration" >= interval '0' and "alert_rules"."keep_firing_for" >= interval '0' and "alert_rules"."cool_down" >= interval '0')
);
--> statement-breakpoint
ALTER TABLE "alert_rules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "dataset_imports" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"dataset" text NOT NULL,
	"source_fingerprint" text NOT NULL,
	"lines_done" bigint DEFAULT 0 NOT NULL,
	"rows_written" bigint DEFAULT 0 NOT NULL,
	"rows_rejected" bigint DEFAULT 0 NOT NULL,
	"shift_seconds" bigint DEFAULT 0 NOT NULL,
	"trace_start" timestamp with time zone,
	"trace_end" timestamp with time zone,
	"keep_times" boolean DEFAULT false NOT NULL,
	"status" "dataset_import_status_enum" DEFAULT 'running' NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "dataset_imports_shift_seconds_check" CHECK ("dataset_imports"."shift_seconds" % 3600 = 0),
	CONSTRAINT "dataset_imports_keep_times_check" CHECK (not "dataset_imports"."keep_times" or "dataset_imports"."shift_seconds" = 0)
);
--> statement-breakpoint
ALTER TABLE "dataset_imports" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "metric_dirty_hours" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "metric_dirty_hours_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"stream" text NOT NULL,
	"tenant_id" uuid,
	"hour" timestamp with time zone NOT NULL,
	CONSTRAINT "metric_dirty_hours_stream_check" CHECK (("metric_dirty_hours"."stream" = 'vm') = ("metric_dirty_hours"."tenant_id" is not null))
);
--> statement-breakpoint
ALTER TABLE "metric_dirty_hours" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "metric_retention_holds" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"dataset" text NOT NULL,
	"held_from" timestamp with time zone NOT NULL,
	"held_to" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "metric_retention_holds_range_check" CHECK ("metric_retention_holds"."held_from" < "metric_retention_holds"."held_to")
);
--> statement-breakpoint
CREATE TABLE "metric_rollup_watermarks" (
	"stream" text PRIMARY KEY NOT NULL,
	"refreshed_at" timestamp with time zone NOT NULL,
	"newest_hour" timestamp with time zone,
	"hours_refreshed" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metric_storage" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"engine" "metric_storage_engine_enum" NOT NULL,
	"extension_version" text,
	"chosen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "metric_storage_singleton_check" CHECK ("metric_storage"."singleton")
);
--> statement-breakpoint
CREATE TABLE "system_metrics_latest" (
	"node_id" uuid PRIMARY KEY NOT NULL,
	"time" timestamp with time zone NOT NULL,
	"previous_time" timestamp with time zone,
	"cpu_usage_percent" double precision,
	"memory_usage_bytes" bigint,
	"memory_total_bytes" bigint,
	"disk_usage_bytes" bigint,
	"disk_total_bytes" bigint,
	"network_bytes_sent" bigint,
	"network_bytes_recv" bigint,
	"load_average_1m" double precision,
	"load_average_5m" double precision,
	"load_average_15m" double precision,
	"vm_count" integer,
	"running_vm_count" integer,
	"network_bytes_sent_per_second" double precision,
	"network_bytes_recv_per_second" double precision
);
--> statement-breakpoint
CREATE TABLE "vm_metrics_latest" (
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"node_id" uuid,
	"time" timestamp with time zone NOT NULL,
	"previous_time" timestamp with time zone,
	"cpu_usage_percent" double precision,
	"memory_usage_bytes" bigint,
	"memory_available_bytes" bigint,
	"network_bytes_sent" bigint,
	"network_bytes_recv" bigint,
	"network_packets_sent" bigint,
	"network_packets_recv" bigint,
	"disk_read_bytes" bigint,
	"disk_write_bytes" bigint,
	"disk_read_ops" bigint,
	"disk_write_ops" bigint,
	"disk_usage_bytes" bigint,
	"disk_available_bytes" bigint,
	"load_average" double precision,
	"process_count" integer,
	"temperature_celsius" double precision,
	"network_bytes_sent_per_second" double precision,
	"network_bytes_recv_per_second" double precision,
	"network_packets_sent_per_second" double precision,
	"network_packets_recv_per_second" double precision,
	"disk_read_bytes_per_second" double precision,
	"disk_write_bytes_per_second" double precision,
	"disk_read_ops_per_second" double precision,
	"disk_write_ops_per_second" double precision,
	CONSTRAINT "vm_metrics_latest_tenant_id_vm_id_pk" PRIMARY KEY("tenant_id","vm_id")
);
--> statement-breakpoint
ALTER TABLE "vm_metrics_latest" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "alert_instances" ADD CONSTRAINT "alert_instances_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."alert_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_alert_instances_rule_id" ON "alert_instances" USING btree ("rule_id");--> statement-breakpoint
CREATE INDEX "idx_alert_instances_state" ON "alert_instances" USING btree ("state");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_alert_instances_one_open" ON "alert_instances" USING btree ("rule_id",coalesce(vm_id, node_id)) WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX "idx_alert_instances_tenant_id_started_at" ON "alert_instances" USING btree ("tenant_id","started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_alert_instances_vm_id_started_at" ON "alert_instances" USING btree ("vm_id","started_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_alert_instances_node_id_started_at" ON "alert_instances" USING btree ("node_id","started_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_alert_rules_tenant_id_created_at" ON "alert_rules" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_dataset_imports_source" ON "dataset_imports" USING btree ("tenant_id","dataset","source_fingerprint");--> statement-breakpoint
CREATE INDEX "idx_metric_dirty_hours_stream_hour" ON "metric_dirty_hours" USING btree ("stream","hour");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_metric_retention_holds_range" ON "metric_retention_holds" USING btree ("dataset","held_from","held_to");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "alert_instances" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("alert_instances"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("alert_instances"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "alert_rules" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("alert_rules"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("alert_rules"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "dataset_imports" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("dataset_imports"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("dataset_imports"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "metric_dirty_hours" AS PERMISSIVE FOR INSERT TO "novacron_monitoring" WITH CHECK ("metric_dirty_hours"."tenant_id" is null or "metric_dirty_hours"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "metric_dirty_hours" AS PERMISSIVE FOR ALL TO "novacron_monitoring_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_metrics_latest" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("vm_metrics_latest"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_metrics_latest"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));