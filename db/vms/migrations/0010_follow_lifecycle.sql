CREATE TABLE "vm_usage" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"vm_count" bigint NOT NULL,
	"cpu_millicores" bigint NOT NULL,
	"memory_mb" bigint NOT NULL,
	"storage_gb" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "vm_usage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ALTER COLUMN "initiated_by" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ADD COLUMN "actor" text;--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "vm_state_transitions" ADD COLUMN "operation_id" uuid;--> statement-breakpoint
ALTER TABLE "vms" ADD COLUMN "purged_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "idx_vms_unpurged" ON "vms" USING btree ("deleted_at") WHERE "vms"."deleted_at" is not null and "vms"."purged_at" is null;--> statement-breakpoint
ALTER TABLE "vms" ADD CONSTRAINT "vms_purged_at_check" CHECK ("vms"."purged_at" is null or "vms"."deleted_at" is not null);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_usage" AS PERMISSIVE FOR ALL TO "novacron_vms" USING ("vm_usage"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_usage"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "vm_usage" TO "novacron_vms";
--> statement-breakpoint
-- Statement by statement, so that an import changes the row of its tenant once. A statement that changes no sum locks nothing.
CREATE FUNCTION "count_vm_usage"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM "add_vm_usage"("tenant_id", "vms", "cpu", "memory", "storage") FROM (
      SELECT "tenant_id", count(*) AS "vms", sum("vm_amount"("resource_config", 'cpuMillicores')) AS "cpu",
        sum("vm_amount"("resource_config", 'memoryMb')) AS "memory", sum("vm_amount"("resource_config", 'storageGb')) AS "storage"
      FROM "added" WHERE "deleted_at" IS NULL GROUP BY "tenant_id") AS "difference";
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM "add_vm_usage"("tenant_id", -"vms", -"cpu", -"memory", -"storage") FROM (
      SELECT "tenant_id", count(*) AS "vms", sum("vm_amount"("resource_config", 'cpuMillicores')) AS "cpu",
        sum("vm_amount"("resource_config", 'memoryMb')) AS "memory", sum("vm_amount"("resource_config", 'storageGb')) AS "storage"
      FROM "removed" WHERE "deleted_at" IS NULL GROUP BY "tenant_id") AS "difference";
  ELSE
    PERFORM "add_vm_usage"("tenant_id", "vms", "cpu", "memory", "storage") FROM (
      SELECT "tenant_id", sum("sign") AS "vms", sum("sign" * "vm_amount"("resource_config", 'cpuMillicores')) AS "cpu",
        sum("sign" * "vm_amount"("resource_config", 'memoryMb')) AS "memory", sum("sign" * "vm_amount"("resource_config", 'storageGb')) AS "storage"
      FROM (
        SELECT 1 AS "sign", "tenant_id", "resource_config" FROM "added" WHERE "deleted_at" IS NULL
        UNION ALL SELECT -1, "tenant_id", "resource_config" FROM "removed" WHERE "deleted_at" IS NULL
      ) AS "changed" GROUP BY "tenant_id") AS "difference"
    WHERE "vms" <> 0 OR "cpu" <> 0 OR "memory" <> 0 OR "storage" <> 0;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "vm_amount"("config" jsonb, "name" text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(ceil(("config" ->> "name")::numeric), 0)
$$;
--> statement-breakpoint
CREATE FUNCTION "add_vm_usage"("of_tenant" uuid, "vms" numeric, "cpu" numeric, "memory" numeric, "storage" numeric) RETURNS void LANGUAGE sql AS $$
  INSERT INTO "vm_usage" AS "usage" ("tenant_id", "vm_count", "cpu_millicores", "memory_mb", "storage_gb")
  VALUES ("of_tenant", "vms", "cpu", "memory", "storage")
  ON CONFLICT ("tenant_id") DO UPDATE SET "vm_count" = "usage"."vm_count" + excluded."vm_count",
    "cpu_millicores" = "usage"."cpu_millicores" + excluded."cpu_millicores", "memory_mb" = "usage"."memory_mb" + excluded."memory_mb",
    "storage_gb" = "usage"."storage_gb" + excluded."storage_gb"
$$;
--> statement-breakpoint
-- The trigger's function runs with the rights of the service that changes VMs.
GRANT EXECUTE ON FUNCTION "vm_amount"(jsonb, text), "add_vm_usage"(uuid, numeric, numeric, numeric, numeric) TO "novacron_vms";
--> statement-breakpoint
CREATE TRIGGER "vms_count_added" AFTER INSERT ON "vms" REFERENCING NEW TABLE AS "added"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_vm_usage"();
--> statement-breakpoint
CREATE TRIGGER "vms_count_changed" AFTER UPDATE ON "vms" REFERENCING NEW TABLE AS "added" OLD TABLE AS "removed"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_vm_usage"();
--> statement-breakpoint
CREATE TRIGGER "vms_count_removed" AFTER DELETE ON "vms" REFERENCING OLD TABLE AS "removed"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_vm_usage"();
--> statement-breakpoint
-- The owner of the tables need not be a superuser, and reads the VMs of all tenants only while row-level security is not forced.
ALTER TABLE "vms" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO "vm_usage" ("tenant_id", "vm_count", "cpu_millicores", "memory_mb", "storage_gb")
SELECT "tenant_id", count(*), sum("vm_amount"("resource_config", 'cpuMillicores')), sum("vm_amount"("resource_config", 'memoryMb')),
  sum("vm_amount"("resource_config", 'storageGb'))
FROM "vms" WHERE "deleted_at" IS NULL GROUP BY "tenant_id";
--> statement-breakpoint
ALTER TABLE "vms" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_usage" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
SELECT "record_changes"('vms', 'Vm', ARRAY['name', 'display_name', 'description', 'state', 'origin_state', 'hypervisor_type', 'node_id', 'owner_id', 'template_id', 'resource_config', 'tags', 'deleted_at', 'purged_at'], "noted" => ARRAY['network_config', 'storage_config', 'security_config', 'backup_config', 'metadata']);
--> statement-breakpoint
-- Written by scripts/vm-state-guard.ts from subgraphs/vms/lifecycle/lifecycle.ts.
CREATE OR REPLACE FUNCTION "guard_vm_state"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.state = old.state THEN
    IF new.origin_state IS DISTINCT FROM old.origin_state THEN
      RAISE EXCEPTION 'the origin of a VM that is % cannot change', old.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
    END IF;
    RETURN new;
  END IF;

  IF NOT (CASE old.state
    WHEN 'creating' THEN new.state IN ('deleted', 'error', 'running', 'stopped')
    WHEN 'stopped' THEN new.state IN ('backing_up', 'deleted', 'error', 'migrating', 'restoring', 'running')
    WHEN 'running' THEN new.state IN ('backing_up', 'deleted', 'error', 'migrating', 'paused', 'restoring', 'stopped', 'suspended')
    WHEN 'paused' THEN new.state IN ('backing_up', 'deleted', 'error', 'migrating', 'restoring', 'running', 'stopped')
    WHEN 'suspended' THEN new.state IN ('backing_up', 'deleted', 'error', 'restoring', 'running', 'stopped')
    WHEN 'error' THEN new.state IN ('deleted', 'migrating', 'restoring', 'running', 'stopped')
    WHEN 'restoring' THEN new.state IN (old.origin_state, 'error', 'running', 'stopped')
    WHEN 'backing_up' THEN new.state IN (old.origin_state, 'error')
    WHEN 'migrating' THEN new.state IN (old.origin_state, 'error')
    WHEN 'deleted' THEN new.state IN ('stopped')
    ELSE false
  END) THEN
    RAISE EXCEPTION 'a VM cannot go from % to %', old.state, new.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
  END IF;

  IF new.state IN ('migrating', 'backing_up', 'restoring') AND NOT coalesce(CASE
    WHEN old.state = 'error' AND new.state = 'migrating' THEN new.origin_state IN ('running', 'stopped')
    ELSE new.origin_state = old.state
  END, false) THEN
    RAISE EXCEPTION 'a VM that goes from % to % cannot have % as its origin', old.state, new.state, new.origin_state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
  END IF;
  RETURN new;
END
$$;
