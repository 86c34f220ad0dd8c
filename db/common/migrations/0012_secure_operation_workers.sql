-- Only workers read and write what other workers know.
GRANT SELECT, INSERT, UPDATE, DELETE ON "operation_workers" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT UPDATE ("suspended") ON "operations" TO "novacron_{{domain}}", "novacron_{{domain}}_system";
