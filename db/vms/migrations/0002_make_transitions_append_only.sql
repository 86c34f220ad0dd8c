CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "vm_state_transitions_append_only" BEFORE UPDATE OR DELETE ON "vm_state_transitions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "vm_state_transitions_no_truncate" BEFORE TRUNCATE ON "vm_state_transitions"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
