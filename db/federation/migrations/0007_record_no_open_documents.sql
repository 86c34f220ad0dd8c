-- Documents of any shape and addresses may hold secrets: only the fact that they changed is recorded, from now on and of what was recorded before.
SELECT "record_changes"('compliance_policies', 'CompliancePolicy', ARRAY['name', 'framework', 'description', 'enabled'], "noted" => ARRAY['rules', 'data_residency_requirements', 'encryption_requirements', 'audit_requirements', 'metadata']);
--> statement-breakpoint
ALTER TABLE "entity_changes" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "entity_changes" SET "fields" = (
  SELECT coalesce(jsonb_object_agg(name, CASE WHEN name = ANY (ARRAY['rules', 'dataResidencyRequirements', 'encryptionRequirements', 'auditRequirements']) THEN '[]' ELSE value END), '{}')
  FROM jsonb_each("fields") AS field (name, value)
  WHERE "kind" <> 'DELETED' OR name <> ALL (ARRAY['rules', 'dataResidencyRequirements', 'encryptionRequirements', 'auditRequirements'])
) WHERE "entity_type" = 'CompliancePolicy' AND "fields" ?| ARRAY['rules', 'dataResidencyRequirements', 'encryptionRequirements', 'auditRequirements'];
--> statement-breakpoint
ALTER TABLE "entity_changes" FORCE ROW LEVEL SECURITY;
