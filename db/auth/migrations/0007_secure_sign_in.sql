ALTER TABLE "password_resets" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "recovery_codes" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "password_resets", "recovery_codes" TO "novacron_auth";
--> statement-breakpoint
-- A credential does not say of which tenant it is: what it is found by, and what it may do, is read across tenants. Nothing that
-- proves a user's identity is among it but the hashes of tokens and keys, which it is found by.
GRANT SELECT ("id", "tenant_id", "username", "email", "role", "disabled_at") ON "users" TO "novacron_auth_system";
--> statement-breakpoint
GRANT SELECT ("id", "tenant_id", "user_id", "token_hash", "expires_at", "last_used_at", "acts_in_tenant_id") ON "user_sessions"
  TO "novacron_auth_system";
--> statement-breakpoint
GRANT SELECT ("id", "tenant_id", "user_id", "key_hash", "scopes", "rate_limit_per_minute", "expires_at", "revoked_at", "last_used_at",
  "acts_in_tenant_id") ON "api_keys" TO "novacron_auth_system";
--> statement-breakpoint
GRANT SELECT ("id", "tenant_id", "name", "permissions") ON "roles" TO "novacron_auth_system";
--> statement-breakpoint
GRANT SELECT ("user_id", "role_id", "tenant_id") ON "user_roles" TO "novacron_auth_system";
--> statement-breakpoint
GRANT SELECT ("id", "name", "enabled") ON "tenants" TO "novacron_auth_system";
--> statement-breakpoint
-- Acting in another tenant is for those who run the platform; elsewhere the permission has no meaning.
ALTER TABLE "roles" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "roles" SET "permissions" = "permissions" || '["tenant:act"]' WHERE "id" = '00000000-0000-7000-8000-000000000102';
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
