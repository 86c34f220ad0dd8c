-- Documents of any shape and addresses may hold secrets: only the fact that they changed is recorded, from now on and of what was recorded before.
SELECT "record_changes"('vm_templates', 'VmTemplate', ARRAY['name', 'description', 'version', 'owner_id', 'resource_config', 'tags', 'is_public'], "noted" => ARRAY['base_image', 'network_template', 'storage_template', 'security_template', 'metadata']);
--> statement-breakpoint
SELECT "record_changes"('vm_snapshots', 'VmSnapshot', ARRAY['name', 'description', 'snapshot_type', 'size_bytes', 'compression_type', 'expires_at'], "noted" => ARRAY['storage_path', 'metadata']);
--> statement-breakpoint
ALTER TABLE "entity_changes" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "entity_changes" SET "fields" = (
  SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (ARRAY['baseImage']) THEN '[]' ELSE value END), '{}')
  FROM jsonb_each("fields") AS field (name, value)
  WHERE "kind" <> 'DELETED' OR name <> ALL (ARRAY['baseImage'])
) WHERE "entity_type" = 'VmTemplate' AND "fields" ?| ARRAY['baseImage'];
--> statement-breakpoint
UPDATE "entity_changes" SET "fields" = (
  SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (ARRAY['storagePath']) THEN '[]' ELSE value END), '{}')
  FROM jsonb_each("fields") AS field (name, value)
  WHERE "kind" <> 'DELETED' OR name <> ALL (ARRAY['storagePath'])
) WHERE "entity_type" = 'VmSnapshot' AND "fields" ?| ARRAY['storagePath'];
--> statement-breakpoint
ALTER TABLE "entity_changes" FORCE ROW LEVEL SECURITY;
