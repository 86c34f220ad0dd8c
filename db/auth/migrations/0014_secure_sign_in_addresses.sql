ALTER TABLE "sign_in_addresses" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "sign_in_addresses" TO "novacron_auth";
--> statement-breakpoint
-- Of users of the same name in several tenants, who signs in without a tenant is the oldest.
GRANT SELECT ("created_at") ON "users" TO "novacron_auth_system";
