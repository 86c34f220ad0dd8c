CREATE TABLE "request_keys" (
	"tenant_id" uuid NOT NULL,
	"actor" text NOT NULL,
	"key" text NOT NULL,
	"mutation" text NOT NULL,
	"input_hash" text NOT NULL,
	"object_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "request_keys_tenant_id_actor_key_pk" PRIMARY KEY("tenant_id","actor","key")
);
--> statement-breakpoint
ALTER TABLE "request_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "vms" ADD COLUMN "is_protected" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_request_keys_created_at" ON "request_keys" USING btree ("created_at");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "request_keys" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("request_keys"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("request_keys"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "request_keys" AS PERMISSIVE FOR ALL TO "novacron_vms_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "request_keys" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT ON "request_keys" TO "novacron_vms";
--> statement-breakpoint
GRANT SELECT, DELETE ON "request_keys" TO "novacron_vms_system";
--> statement-breakpoint
SELECT "record_changes"('vms', 'Vm', ARRAY['name', 'display_name', 'description', 'state', 'origin_state', 'hypervisor_type', 'node_id', 'owner_id', 'template_id', 'resource_config', 'tags', 'is_protected', 'deleted_at', 'purged_at'], "noted" => ARRAY['network_config', 'storage_config', 'security_config', 'backup_config', 'metadata']);
--> statement-breakpoint
CREATE FUNCTION "guard_protected_vm"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a VM that is protected cannot be deleted'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_protection_guard', TABLE = 'vms';
END
$$;
--> statement-breakpoint
-- What undoes a creation deletes the VM all the same.
CREATE TRIGGER "vms_protection_guard" BEFORE UPDATE OF "state" ON "vms"
  FOR EACH ROW WHEN (new.state = 'deleted' AND old.state NOT IN ('creating', 'deleted') AND new.is_protected)
  EXECUTE FUNCTION "guard_protected_vm"();
