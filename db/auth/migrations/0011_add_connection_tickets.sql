CREATE TYPE "public"."credential_kind_enum" AS ENUM('session', 'api_key');--> statement-breakpoint
CREATE TABLE "connection_tickets" (
	"ticket_hash" varchar(255) PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"credential_kind" "credential_kind_enum" NOT NULL,
	"credential_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "connection_tickets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "idx_connection_tickets_expires_at" ON "connection_tickets" USING btree ("tenant_id","expires_at");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "connection_tickets" AS PERMISSIVE FOR ALL TO "novacron_auth" USING ("connection_tickets"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("connection_tickets"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));