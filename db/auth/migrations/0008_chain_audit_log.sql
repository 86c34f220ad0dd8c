ALTER TABLE "auth_audit_log" ADD COLUMN "seq" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- docs/audit.md says which bytes these are; db/auth/audit-chain.ts computes them anew outside the database.
CREATE FUNCTION "audit_entry_hash"(entry "auth_audit_log") RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public AS $$
DECLARE
  canonical text := entry.prev_hash || E'\n';
  value text;
BEGIN
  FOREACH value IN ARRAY ARRAY[
    entry.tenant_id::text, entry.seq::text, entry.id::text, entry.user_id::text, entry.actor_name::text, entry.action::text,
    entry.ip_address::text, entry.user_agent, entry.success::text, entry.error_message, entry.metadata::text,
    ((extract(epoch FROM entry.created_at) * 1000000)::bigint)::text
  ] LOOP
    canonical := canonical || coalesce(octet_length(value) || ':' || value, '-') || E'\n';
  END LOOP;
  RETURN encode(sha256(convert_to(canonical, 'UTF8')), 'hex');
END
$$;
--> statement-breakpoint
-- The entries of before: in the order of their times. Nobody is bound or refused meanwhile, but the table is locked.
ALTER TABLE "auth_audit_log" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" DISABLE TRIGGER "auth_audit_log_append_only";
--> statement-breakpoint
DO $$
DECLARE
  entry "auth_audit_log";
  head "auth_audit_log";
BEGIN
  FOR entry IN SELECT * FROM "auth_audit_log" ORDER BY tenant_id, created_at, id LOOP
    IF head.tenant_id IS DISTINCT FROM entry.tenant_id THEN
      entry.seq := 1;
      entry.prev_hash := repeat('0', 64);
    ELSE
      entry.seq := head.seq + 1;
      entry.prev_hash := head.hash;
    END IF;
    entry.hash := "audit_entry_hash"(entry);
    UPDATE "auth_audit_log" SET seq = entry.seq, prev_hash = entry.prev_hash, hash = entry.hash WHERE id = entry.id;
    head := entry;
  END LOOP;
END
$$;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ENABLE TRIGGER "auth_audit_log_append_only";
--> statement-breakpoint
ALTER TABLE "auth_audit_log" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ALTER COLUMN "prev_hash" SET DEFAULT '';
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ALTER COLUMN "prev_hash" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ALTER COLUMN "hash" SET DEFAULT '';
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ALTER COLUMN "hash" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "auth_audit_log" ADD CONSTRAINT "auth_audit_log_tenant_id_seq_unique" UNIQUE("tenant_id","seq");
--> statement-breakpoint
-- The head is looked up and not kept in a row of its own: an INSERT … ON CONFLICT DO NOTHING runs this for rows that it then leaves out,
-- and their numbers must be given out again. The lock is the tenant's own and ends with the transaction; whoever waits for it sees,
-- in READ COMMITTED, what the other one wrote. In any other isolation the unique constraint refuses the second one.
CREATE FUNCTION "chain_audit_entry"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('novacron.auth_audit_log ' || NEW.tenant_id, 0));
  SELECT seq + 1, hash INTO NEW.seq, NEW.prev_hash
    FROM "auth_audit_log" WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
  IF NOT FOUND THEN
    NEW.seq := 1;
    NEW.prev_hash := repeat('0', 64);
  END IF;
  NEW.hash := "audit_entry_hash"(NEW);
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "auth_audit_log_chain" BEFORE INSERT ON "auth_audit_log"
  FOR EACH ROW EXECUTE FUNCTION "chain_audit_entry"();
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "audit_entry_hash"("auth_audit_log") TO "novacron_auth";
--> statement-breakpoint
CREATE POLICY "system_jobs" ON "auth_audit_log" AS PERMISSIVE FOR ALL TO "novacron_auth_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT ON "auth_audit_log" TO "novacron_auth_system";
--> statement-breakpoint
-- `novacron keys rotate` seals secrets anew in every tenant, and may see nothing else of a user.
GRANT SELECT ("mfa_secret"), UPDATE ("mfa_secret") ON "users" TO "novacron_auth_system";
