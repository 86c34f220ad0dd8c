-- The owner is bound by the policies too: a later migration that changes rows must set app.tenant_id or lift FORCE.
ALTER TABLE "api_keys" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenant_quotas" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "user_roles" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "user_sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
--> include schema-rights.sql
GRANT SELECT, INSERT, UPDATE, DELETE ON
  "api_keys",
  "roles",
  "tenant_quotas",
  "user_roles",
  "user_sessions",
  "users"
  TO "novacron_auth";
--> statement-breakpoint
-- Tenants are disabled, not deleted.
GRANT SELECT, INSERT, UPDATE ON "tenants" TO "novacron_auth";
--> statement-breakpoint
-- Append-only.
GRANT SELECT, INSERT ON "auth_audit_log" TO "novacron_auth";
