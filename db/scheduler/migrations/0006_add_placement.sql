CREATE TABLE "allocation_fences" (
	"operation_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"token" bigint NOT NULL,
	"released_at" timestamp with time zone,
	"called_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "allocation_fences_operation_id_vm_id_pk" PRIMARY KEY("operation_id","vm_id")
);
--> statement-breakpoint
ALTER TABLE "allocation_fences" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "allocation_rules" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "inventoried_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "heartbeat_timeout_seconds" integer;--> statement-breakpoint
ALTER TABLE "resource_allocations" ADD COLUMN "operation_id" uuid;--> statement-breakpoint
ALTER TABLE "resource_allocations" ADD COLUMN "tags" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "resource_allocations" ADD COLUMN "anti_affinity" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "scheduling_decisions" ADD COLUMN "operation_id" uuid;--> statement-breakpoint
ALTER TABLE "scheduling_decisions" ADD COLUMN "step" text;--> statement-breakpoint
ALTER TABLE "scheduling_decisions" ADD COLUMN "allocation_id" uuid;--> statement-breakpoint
CREATE INDEX "idx_allocation_fences_called_at" ON "allocation_fences" USING btree ("called_at");--> statement-breakpoint
CREATE UNIQUE INDEX "resource_allocations_vm_unique" ON "resource_allocations" USING btree ("vm_id") WHERE "resource_allocations"."status" in ('active', 'reserved');--> statement-breakpoint
CREATE UNIQUE INDEX "resource_allocations_migrating_unique" ON "resource_allocations" USING btree ("vm_id") WHERE "resource_allocations"."status" = 'migrating';--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_tags" ON "resource_allocations" USING gin ("tags" jsonb_path_ops) WHERE "resource_allocations"."status" in ('active', 'reserved', 'migrating');--> statement-breakpoint
CREATE INDEX "idx_resource_allocations_anti_affinity" ON "resource_allocations" USING btree ("tenant_id") WHERE "resource_allocations"."status" in ('active', 'reserved', 'migrating') and "resource_allocations"."anti_affinity" <> '[]';--> statement-breakpoint
CREATE UNIQUE INDEX "scheduling_decisions_step_unique" ON "scheduling_decisions" USING btree ("operation_id","step") WHERE "scheduling_decisions"."allocation_id" is not null;--> statement-breakpoint
CREATE POLICY "system_jobs" ON "resource_allocations" AS PERMISSIVE FOR ALL TO "novacron_scheduler_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "allocation_fences" AS PERMISSIVE FOR ALL TO "novacron_scheduler" USING ("allocation_fences"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("allocation_fences"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "allocation_fences" AS PERMISSIVE FOR ALL TO "novacron_scheduler_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "allocation_fences" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "allocation_fences" TO "novacron_scheduler";
--> statement-breakpoint
-- Reservations of all tenants expire, and fences of operations that ended long ago are removed.
GRANT SELECT, DELETE ON "allocation_fences" TO "novacron_scheduler_system";
--> statement-breakpoint
GRANT SELECT, UPDATE ("status", "deallocated_at", "expires_at", "version") ON "resource_allocations" TO "novacron_scheduler_system";
--> statement-breakpoint
GRANT SELECT, UPDATE ("allocated", "generation", "updated_at") ON "nodes" TO "novacron_scheduler_system";
--> statement-breakpoint
-- The sizes that nodes have are those of a complete inventory.
UPDATE "nodes" SET "inventoried_at" = "created_at";
