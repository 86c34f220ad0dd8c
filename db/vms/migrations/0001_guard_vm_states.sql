-- The lifecycle of a VM, as the last line of defence: the program decides by the same table. Rows may be inserted in any
-- state, because imported VMs have a past.
CREATE FUNCTION "guard_vm_state"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.state = old.state THEN
    IF new.origin_state IS DISTINCT FROM old.origin_state THEN
      RAISE EXCEPTION 'the origin of a VM that is % cannot change', old.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
    END IF;
    RETURN new;
  END IF;

  IF NOT (CASE old.state
    WHEN 'creating' THEN new.state IN ('running', 'stopped', 'error', 'deleted')
    WHEN 'running' THEN new.state IN ('stopped', 'paused', 'suspended', 'migrating', 'backing_up', 'restoring', 'error', 'deleted')
    WHEN 'stopped' THEN new.state IN ('running', 'migrating', 'backing_up', 'restoring', 'error', 'deleted')
    WHEN 'paused' THEN new.state IN ('running', 'stopped', 'migrating', 'backing_up', 'restoring', 'error', 'deleted')
    WHEN 'suspended' THEN new.state IN ('running', 'stopped', 'backing_up', 'restoring', 'error', 'deleted')
    -- Success and rollback both return to the state that the VM had before.
    WHEN 'migrating' THEN new.state IN (old.origin_state, 'error')
    WHEN 'backing_up' THEN new.state IN (old.origin_state, 'error')
    WHEN 'restoring' THEN new.state IN ('running', 'stopped', 'error')
    WHEN 'error' THEN new.state IN ('running', 'stopped', 'migrating', 'restoring', 'deleted')
    WHEN 'deleted' THEN new.state = 'stopped'
    ELSE false
  END) THEN
    RAISE EXCEPTION 'a VM cannot go from % to %', old.state, new.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
  END IF;

  IF new.state IN ('migrating', 'backing_up', 'restoring') AND new.origin_state IS DISTINCT FROM old.state THEN
    RAISE EXCEPTION 'a VM that goes from % to % keeps % as its origin', old.state, new.state, old.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';
  END IF;
  RETURN new;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "vms_state_guard" BEFORE UPDATE OF "state", "origin_state" ON "vms"
  FOR EACH ROW EXECUTE FUNCTION "guard_vm_state"();
