CREATE TABLE "operation_schedules" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"cron" text NOT NULL,
	"zone" text NOT NULL,
	"next_at" timestamp with time zone,
	"last_at" timestamp with time zone,
	"last_operation_id" uuid,
	"skipped" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "schedule" text;--> statement-breakpoint
CREATE INDEX "idx_operations_ended_at" ON "operations" USING btree ("ended_at") WHERE "operations"."ended_at" is not null and "operations"."state" <> 'parked';--> statement-breakpoint
CREATE INDEX "idx_operations_schedule" ON "operations" USING btree ("schedule","state","ended_at") WHERE "operations"."schedule" is not null and "operations"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "idx_operations_parked" ON "operations" USING btree ("kind") WHERE "operations"."state" = 'parked';