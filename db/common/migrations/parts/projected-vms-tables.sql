CREATE TABLE "projected_vms" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"state" text NOT NULL,
	"node_id" uuid,
	"tags" jsonb NOT NULL,
	"version" integer NOT NULL,
	"projected_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "projected_vms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
