CREATE TABLE "entity_changes" (
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid,
	"entity_type" text NOT NULL,
	"entity_key" uuid NOT NULL,
	"entity_version" bigint,
	"kind" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"actor" text,
	"request_id" text,
	"operation_id" uuid,
	"fields" jsonb NOT NULL,
	CONSTRAINT "entity_changes_kind_check" CHECK ("entity_changes"."kind" in ('CREATED', 'UPDATED', 'DELETED'))
) PARTITION BY RANGE ("changed_at");
--> statement-breakpoint
ALTER TABLE "entity_changes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "idx_entity_changes_entity" ON "entity_changes" USING btree ("entity_key","entity_type","changed_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "entity_changes" AS PERMISSIVE FOR SELECT TO "novacron_{{domain}}" USING ("entity_changes"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid) or "entity_changes"."tenant_id" is null);--> statement-breakpoint
CREATE POLICY "recorded_by_owner" ON "entity_changes" AS PERMISSIVE FOR INSERT TO current_user WITH CHECK (true);