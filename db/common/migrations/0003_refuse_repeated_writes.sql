CREATE TABLE "executed_writes" (
	"nonce" uuid PRIMARY KEY NOT NULL,
	"executed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON "executed_writes" TO "novacron_{{domain}}";
