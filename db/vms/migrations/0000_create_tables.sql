CREATE TYPE "public"."hypervisor_enum" AS ENUM('kvm', 'xen', 'vmware', 'hyper-v', 'container');--> statement-breakpoint
CREATE TYPE "public"."snapshot_type_enum" AS ENUM('manual', 'scheduled', 'pre-migration', 'pre-update');--> statement-breakpoint
CREATE TYPE "public"."vm_state_enum" AS ENUM('creating', 'running', 'stopped', 'paused', 'suspended', 'migrating', 'backing_up', 'restoring', 'error', 'deleted');--> statement-breakpoint
CREATE TABLE "vm_networks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"vm_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"network_name" varchar(255) NOT NULL,
	"interface_name" varchar(100) NOT NULL,
	"ip_address" "inet",
	"mac_address" "macaddr",
	"network_type" varchar(50) NOT NULL,
	"vlan_id" integer,
	"bandwidth_limit_mbps" integer,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vm_networks_interface_unique" UNIQUE("vm_id","interface_name"),
	CONSTRAINT "vm_networks_vlan_id_check" CHECK ("vm_networks"."vlan_id" between 0 and 4094),
	CONSTRAINT "vm_networks_bandwidth_limit_check" CHECK ("vm_networks"."bandwidth_limit_mbps" >= 0)
);
--> statement-breakpoint
ALTER TABLE "vm_networks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vm_snapshots" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"vm_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" varchar(255) NOT NULL,
	"description" text,
	"snapshot_type" "snapshot_type_enum" NOT NULL,
	"storage_path" text NOT NULL,
	"size_bytes" bigint,
	"compression_type" varchar(50),
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	CONSTRAINT "vm_snapshots_size_bytes_check" CHECK ("vm_snapshots"."size_bytes" >= 0)
);
--> statement-breakpoint
ALTER TABLE "vm_snapshots" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vm_state_transitions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"vm_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"from_state" "vm_state_enum",
	"to_state" "vm_state_enum" NOT NULL,
	"reason" varchar(255),
	"initiated_by" uuid NOT NULL,
	"metadata" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vm_state_transitions_states_check" CHECK ("vm_state_transitions"."from_state" is distinct from "vm_state_transitions"."to_state")
);
--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vm_templates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"description" text,
	"version" varchar(50) NOT NULL,
	"owner_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"base_image" varchar(255) NOT NULL,
	"resource_config" jsonb NOT NULL,
	"network_template" jsonb,
	"storage_template" jsonb,
	"security_template" jsonb,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"is_public" boolean DEFAULT false NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"row_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vm_templates_name_version_unique" UNIQUE("tenant_id","name","version")
);
--> statement-breakpoint
ALTER TABLE "vm_templates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vms" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"display_name" varchar(255),
	"description" text,
	"state" "vm_state_enum" DEFAULT 'creating' NOT NULL,
	"origin_state" "vm_state_enum",
	"hypervisor_type" "hypervisor_enum" NOT NULL,
	"node_id" uuid,
	"owner_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"template_id" uuid,
	"resource_config" jsonb NOT NULL,
	"network_config" jsonb,
	"storage_config" jsonb,
	"security_config" jsonb,
	"backup_config" jsonb,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "vms_tenant_id_id_unique" UNIQUE("tenant_id","id"),
	CONSTRAINT "vms_deleted_at_check" CHECK (("vms"."state" = 'deleted') = ("vms"."deleted_at" is not null)),
	CONSTRAINT "vms_origin_state_check" CHECK (("vms"."origin_state" is not null) = ("vms"."state" in ('migrating', 'backing_up', 'restoring')) and "vms"."origin_state" in ('running', 'stopped', 'paused', 'suspended', 'error'))
);
--> statement-breakpoint
ALTER TABLE "vms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "vm_networks" ADD CONSTRAINT "vm_networks_vm_fk" FOREIGN KEY ("tenant_id","vm_id") REFERENCES "public"."vms"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vm_snapshots" ADD CONSTRAINT "vm_snapshots_vm_fk" FOREIGN KEY ("tenant_id","vm_id") REFERENCES "public"."vms"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ADD CONSTRAINT "vm_state_transitions_vm_fk" FOREIGN KEY ("tenant_id","vm_id") REFERENCES "public"."vms"("tenant_id","id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vms" ADD CONSTRAINT "vms_template_id_vm_templates_id_fk" FOREIGN KEY ("template_id") REFERENCES "public"."vm_templates"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_vm_networks_vm_id" ON "vm_networks" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_networks_tenant_id" ON "vm_networks" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_networks_ip_address" ON "vm_networks" USING btree ("tenant_id","ip_address");--> statement-breakpoint
CREATE INDEX "idx_vm_snapshots_vm_id" ON "vm_snapshots" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_snapshots_tenant_id" ON "vm_snapshots" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_snapshots_expires_at" ON "vm_snapshots" USING btree ("expires_at") WHERE "vm_snapshots"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "idx_vm_state_transitions_vm_id" ON "vm_state_transitions" USING btree ("vm_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_state_transitions_tenant_id" ON "vm_state_transitions" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_templates_tenant_id" ON "vm_templates" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_templates_owner_id" ON "vm_templates" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_templates_public" ON "vm_templates" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "vm_templates"."is_public";--> statement-breakpoint
CREATE INDEX "idx_vm_templates_tags" ON "vm_templates" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "idx_vms_owner_id" ON "vms" USING btree ("owner_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vms_tenant_id" ON "vms" USING btree ("tenant_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vms_state" ON "vms" USING btree ("tenant_id","state","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vms_node_id" ON "vms" USING btree ("node_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vms_created_at" ON "vms" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_vms_template_id" ON "vms" USING btree ("template_id","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vms_tags" ON "vms" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "vms_live_name_unique" ON "vms" USING btree ("tenant_id","name") WHERE "vms"."deleted_at" is null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_networks" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_networks"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_networks"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_snapshots" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_snapshots"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_snapshots"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_state_transitions" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_state_transitions"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_state_transitions"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_templates" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_templates"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_templates"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "readable_by_all" ON "vm_templates" AS PERMISSIVE FOR SELECT TO "novacron_vms" USING ("vm_templates"."is_public");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vms" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vms"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vms"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));