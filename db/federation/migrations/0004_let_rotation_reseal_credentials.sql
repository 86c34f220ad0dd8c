CREATE POLICY "system_jobs" ON "cloud_providers" AS PERMISSIVE FOR ALL TO "novacron_federation_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
-- `novacron keys rotate` seals secrets anew in every tenant, and may see nothing else of a provider.
GRANT SELECT ("id", "tenant_id", "credentials_encrypted"), UPDATE ("credentials_encrypted") ON "cloud_providers" TO "novacron_federation_system";
