-- Users of the platform see all tenants, and so their changes.
CREATE POLICY "changes_of_tenants" ON "entity_changes" AS PERMISSIVE FOR SELECT TO "novacron_auth_system" USING ("entity_changes"."entity_type" = 'Tenant');
--> statement-breakpoint
GRANT SELECT ON "entity_changes" TO "novacron_auth_system";
