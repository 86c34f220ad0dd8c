CREATE TABLE "operation_workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"known" jsonb[] NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "suspended" jsonb;