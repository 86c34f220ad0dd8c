-- Every column: what people of the platform see of another tenant is what its own people see of it.
GRANT SELECT ON "tenants", "tenant_quotas" TO "novacron_auth_system";
--> statement-breakpoint
-- Administrators and operators of the platform change tenants; the first may do everything already. An operator of another tenant holds
-- the permissions as well, and can do nothing with them, nor can whoever he hands them to: what changes tenants asks for the policy `platform` too.
ALTER TABLE "roles" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "roles" SET "permissions" = "permissions" || '["tenant:create", "tenant:update"]' WHERE "id" = '00000000-0000-7000-8000-000000000102';
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
