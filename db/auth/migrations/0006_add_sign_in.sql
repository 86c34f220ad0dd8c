CREATE TABLE "password_resets" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"code_hash" varchar(255) NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "password_resets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"user_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"code_hash" varchar(255) NOT NULL,
	"used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "recovery_codes_user_id_code_hash_pk" PRIMARY KEY("user_id","code_hash")
);
--> statement-breakpoint
ALTER TABLE "recovery_codes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "revoked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "acts_in_tenant_id" uuid;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "last_used_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD COLUMN "acts_in_tenant_id" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "mfa_last_step" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "disabled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "password_resets" ADD CONSTRAINT "password_resets_user_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_acts_in_tenant_id_tenants_id_fk" FOREIGN KEY ("acts_in_tenant_id") REFERENCES "public"."tenants"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_sessions" ADD CONSTRAINT "user_sessions_acts_in_tenant_id_tenants_id_fk" FOREIGN KEY ("acts_in_tenant_id") REFERENCES "public"."tenants"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "system_jobs" ON "api_keys" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_jobs" ON "roles" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_jobs" ON "tenants" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_jobs" ON "user_roles" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_jobs" ON "user_sessions" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "system_jobs" ON "users" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "password_resets" AS PERMISSIVE FOR ALL TO "novacron_auth" USING ("password_resets"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("password_resets"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "recovery_codes" AS PERMISSIVE FOR ALL TO "novacron_auth" USING ("recovery_codes"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("recovery_codes"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));