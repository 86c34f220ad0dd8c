CREATE TABLE "vm_slots" (
	"vm_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"operation_id" uuid NOT NULL,
	"operation_kind" text NOT NULL,
	"token" bigint NOT NULL,
	"taken_at" timestamp with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp with time zone,
	CONSTRAINT "vm_slots_operation_id_vm_id_pk" PRIMARY KEY("operation_id","vm_id")
);
--> statement-breakpoint
ALTER TABLE "vm_slots" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "vm_slots" ADD CONSTRAINT "vm_slots_vm_fk" FOREIGN KEY ("tenant_id","vm_id") REFERENCES "public"."vms"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "vm_slots_held_unique" ON "vm_slots" USING btree ("vm_id") WHERE "vm_slots"."released_at" is null;--> statement-breakpoint
CREATE INDEX "idx_vm_slots_released_at" ON "vm_slots" USING btree ("vm_id","released_at") WHERE "vm_slots"."released_at" is not null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_slots" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_slots"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_slots"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "vm_slots" AS PERMISSIVE FOR ALL TO "novacron_vms_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "vm_slots" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ("token", "released_at"), DELETE ON "vm_slots" TO "novacron_vms";
--> statement-breakpoint
-- Operations of all tenants end, and their slots are released together.
GRANT SELECT, UPDATE ("released_at") ON "vm_slots" TO "novacron_vms_system";
