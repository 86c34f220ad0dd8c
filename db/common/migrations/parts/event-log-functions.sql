-- A ring of partitions: each takes the events of six hours, and is emptied by retention before its turn comes again.
DO $$ BEGIN
  FOR slot IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF "outbox_events" FOR VALUES IN (%s)', 'outbox_events_' || slot, slot);
    EXECUTE format('GRANT TRUNCATE ON %I TO "novacron_{{domain}}_system"', 'outbox_events_' || slot);
  END LOOP;
END $$;
--> statement-breakpoint
INSERT INTO "event_log" DEFAULT VALUES;
--> statement-breakpoint
INSERT INTO "event_relay" DEFAULT VALUES;
--> statement-breakpoint
ALTER TABLE "outbox_events" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Ids are given out inside transactions that may end in another order, or not at all. A transaction therefore holds, from its
-- first event on, a shared lock that names the last id given out before it: all of its own ids are higher. Readers stop at the
-- lowest id so named (read_outbox). The lock goes with its transaction, or with the savepoint that it was taken in, and so
-- does the setting that says it is held. 7236984 is "nov" in ASCII, so that it meets no other program's lock.
CREATE FUNCTION "announce_outbox_write"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('novacron.outbox_announced', true), '') = '' THEN
    PERFORM pg_advisory_xact_lock_shared(7236984,
      (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_events_id_seq)::bit(32)::int);
    PERFORM set_config('novacron.outbox_announced', 'yes', true);
  END IF;
  -- An event that was read must outlive a crash of the server: its id and its transaction's would be given out again, to what
  -- nobody who has read this far would read. A server or a transaction that commits without flushing does not do so for events.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'local', true);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "outbox_events_announce" BEFORE INSERT ON "outbox_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "announce_outbox_write"();
--> statement-breakpoint
-- Transactions that notify commit one after the other, over the whole database. So only those do that find the relay asleep:
-- while it sleeps it holds the lock that this asks for, and it cannot fall asleep while a transaction that found it awake runs.
CREATE FUNCTION "wake_relay"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock_shared(7236986, 0) THEN
    PERFORM pg_notify('novacron_outbox', '');
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "outbox_events_wake_relay" AFTER INSERT ON "outbox_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "wake_relay"();
--> statement-breakpoint
-- The highest id up to which every event is either committed or will never be. The order of the two steps matters: a
-- transaction that is not among the locks of the second has taken its ids before the first, and has ended, or will take higher ones.
CREATE FUNCTION "settled_outbox_id"() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  given bigint;
  announced bigint;
BEGIN
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO given FROM outbox_events_id_seq;
  -- The lock holds the low 32 bits of an id that is at most `given`.
  SELECT min(given - ((given - objid::bigint) & 4294967295)) INTO announced FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 7236984 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(given, coalesce(announced, given));
END $$;
--> statement-breakpoint
-- The events after an id that are settled, in order. A function, and volatile, because each of its statements must see what
-- was committed before it began.
CREATE FUNCTION "read_outbox"(after_id bigint, max_rows int) RETURNS SETOF "outbox_events" LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  settled bigint := settled_outbox_id();
BEGIN
  -- In one snapshot for the whole transaction, an event that is settled now could still be unseen.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the outbox is read in READ COMMITTED only';
  END IF;
  RETURN QUERY SELECT * FROM outbox_events WHERE id > after_id AND id <= settled ORDER BY id LIMIT max_rows;
  -- Looked at last: retention removes events and raises the horizon in one transaction.
  IF EXISTS (SELECT FROM event_log WHERE horizon_id > after_id) THEN
    RAISE EXCEPTION 'events after % are no longer kept', after_id USING ERRCODE = 'NC001';
  END IF;
  -- A database that was restored, or failed over to a copy that was behind, gives out again what was read before.
  IF after_id > (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_events_id_seq) THEN
    RAISE EXCEPTION 'there is no event % yet', after_id USING ERRCODE = 'NC002';
  END IF;
END $$;
--> statement-breakpoint
GRANT USAGE, SELECT ON SEQUENCE "outbox_events_id_seq" TO "novacron_{{domain}}", "novacron_{{domain}}_system";
--> statement-breakpoint
-- The service writes events and never reads them: what it answers comes from its own tables.
GRANT INSERT ON "outbox_events" TO "novacron_{{domain}}";
--> statement-breakpoint
GRANT SELECT, INSERT ON "outbox_events" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "settled_outbox_id"(), "read_outbox"(bigint, int) TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT SELECT, UPDATE ON "event_log", "event_relay" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON "event_relay_checkpoints", "consumed_events" TO "novacron_{{domain}}_system";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "event_consumers" TO "novacron_{{domain}}_system";
