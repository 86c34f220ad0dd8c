REVOKE ALL ON SCHEMA "public" FROM PUBLIC;
--> statement-breakpoint
GRANT USAGE ON SCHEMA "public" TO "novacron_{{domain}}", "novacron_{{domain}}_system";
--> statement-breakpoint
-- What a later migration creates is for nobody until it says for whom.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
--> statement-breakpoint
