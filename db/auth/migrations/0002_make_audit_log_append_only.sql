CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "auth_audit_log_append_only" BEFORE UPDATE OR DELETE ON "auth_audit_log"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "auth_audit_log_no_truncate" BEFORE TRUNCATE ON "auth_audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
