ALTER TABLE "operations" ADD COLUMN "step_names" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "last_safe_position" smallint;