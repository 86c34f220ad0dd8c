ALTER TABLE "connection_tickets" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON "connection_tickets" TO "novacron_auth";
