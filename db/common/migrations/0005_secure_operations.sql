ALTER TABLE "operations" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "operation_steps" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- The service starts operations, and records a step in the transaction of its write. What an operation was started with never changes.
GRANT SELECT, INSERT,
  UPDATE ("state", "error", "left_behind", "signals", "waiting_for", "cancel_requested_at", "resumes_at", "claimable_at", "lease_id", "token",
    "updated_at", "ended_at", "version")
  ON "operations" TO "novacron_{{domain}}";
--> statement-breakpoint
-- The system role claims the operations of all tenants, and records what is no transaction of the domain.
GRANT SELECT,
  UPDATE ("state", "error", "left_behind", "waiting_for", "resumes_at", "claimable_at", "lease_id", "token", "updated_at", "ended_at", "version")
  ON "operations" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ("state", "attempts", "undo_attempts", "result", "error", "updated_at")
  ON "operation_steps" TO "novacron_{{domain}}", "novacron_{{domain}}_system";
