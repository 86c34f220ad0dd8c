ALTER TABLE "entity_changes" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- No role may insert, update or delete. What is recorded comes from the triggers that "record_changes" creates.
GRANT SELECT ON "entity_changes" TO "novacron_{{domain}}";
--> statement-breakpoint
-- Policies of a partitioned table are enforced for queries through it only. So the partitions are where no role may look.
CREATE SCHEMA "change_data";
--> statement-breakpoint
CREATE FUNCTION "ensure_change_partition"("at" timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' SET "TimeZone" = 'UTC' AS $$
-- Creates the partition of a month; returns whether it was missing. As for the partitions of samples: a program that waits for the lock finds the partition
-- of the one that had it, and ATTACH does not wait for readers and writers of the other partitions.
DECLARE
  month timestamptz := date_trunc('month', at);
  partition text := to_char(month, '"entity_changes_y"YYYY"m"MM');
BEGIN
  IF to_regclass('change_data.' || partition) IS NOT NULL THEN
    RETURN false;
  END IF;
  LOCK TABLE ONLY public.entity_changes IN SHARE UPDATE EXCLUSIVE MODE;
  IF to_regclass('change_data.' || partition) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE change_data.%I (LIKE public.entity_changes INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
  EXECUTE format('ALTER TABLE public.entity_changes ATTACH PARTITION change_data.%I FOR VALUES FROM (%L) TO (%L)',
    partition, month, month + interval '1 month');
  RETURN true;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "ensure_change_partitions"() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  -- Creates the partitions of this month and the next; returns how many were missing. A month without one is created by its first change.
  SELECT count(*) FILTER (WHERE public.ensure_change_partition(at))::integer
  FROM unnest(ARRAY[now(), date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '45 days']) AS at
$$;
--> statement-breakpoint
CREATE FUNCTION "drop_change_partitions"("before_time" timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' SET "TimeZone" = 'UTC' AS $$
-- Drops the months that end before a time, oldest first; returns how many. Every change waits for the lock on the table, so this waits for it only briefly:
-- a job that fails on it comes again. The least retention keeps a stolen login of the job from removing what was done with it.
DECLARE
  old record;
  dropped integer := 0;
BEGIN
  IF before_time IS NULL OR before_time > now() - interval '31 days' THEN
    RAISE EXCEPTION 'changes are kept for at least 31 days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR old IN
    SELECT partition.name
    FROM (
      SELECT child.relname AS name,
        CASE WHEN child.relname ~ '^entity_changes_y\d{4}m\d{2}$' THEN to_date(right(child.relname, 8), '"y"YYYY"m"MM') END AS month
      FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = 'public.entity_changes'::regclass
    ) partition
    WHERE (partition.month + interval '1 month')::timestamptz <= before_time
    ORDER BY partition.month
  LOOP
    EXECUTE format('DROP TABLE change_data.%I', old.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "recorded_value"("expression" text, "type" text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- The SQL of a value as events hold it: exact numbers and times as text.
  SELECT CASE
    WHEN type LIKE 'numeric%' THEN format('to_jsonb(%s::text)', expression)
    WHEN type = 'timestamp with time zone' THEN format($f$to_jsonb(to_char(%s, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))$f$, expression)
    ELSE format('to_jsonb(%s)', expression)
  END
$$;
--> statement-breakpoint
CREATE FUNCTION "record_changes"(
  "table_name" text, "entity" text, "recorded" text[], "noted" text[] DEFAULT '{}',
  "entity_key" text DEFAULT 'id', "tenant" text DEFAULT 'tenant_id', "part" text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
-- Records the changes of a table's rows from now on, in place of what was recorded before. For migrations: docs/changing-a-table.md.
--   recorded: the columns whose values are recorded
--   noted: the columns of which only the fact that they changed is recorded, because their values may hold secrets
--   entity_key: the column with the entity's id
--   tenant: the column with its tenant; empty where the rows belong to no tenant
--   part: for rows that are a part of another entity, what the names of their fields begin with
-- The triggers are one for each statement, whatever the number of rows. Their function is generated, so that it reads the listed columns alone.
DECLARE
  relation regclass := format('public.%I', table_name);
  columns text[] := recorded || noted;
  missing text[];
  version text;
  joined text;
  is_changed text;
  changed_fields text;
  first_fields text;
  last_fields text;
  -- Its parameters: the row, the kind of the change, its fields, where the rows are.
  written text;
BEGIN
  SELECT array_agg(name) INTO missing FROM unnest(columns || entity_key) AS name
    WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = name AND attnum > 0 AND NOT attisdropped);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'the table % has no columns %', table_name, missing USING ERRCODE = 'undefined_column';
  END IF;
  SELECT attname INTO version FROM pg_attribute
    WHERE part = '' AND attrelid = relation AND attname IN ('version', 'row_version', 'generation') AND atttypid = 'int4'::regtype;
  SELECT string_agg(format('old_row.%1$I = new_row.%1$I', attname), ' AND ') INTO joined
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indrelid = relation AND indisprimary;
  SELECT
    string_agg(differs, ' OR ' ORDER BY position),
    string_agg(
      format('CASE WHEN %s THEN jsonb_build_object(%L, jsonb_build_array(%s)) ELSE ''{}'' END', differs, field,
        CASE WHEN hidden THEN '' ELSE before || ', ' || after END),
      ' || ' ORDER BY position),
    string_agg(
      format('CASE WHEN new_row.%I IS NOT NULL THEN jsonb_build_object(%L, jsonb_build_array(null, %s)) ELSE ''{}'' END', name, field, after),
      ' || ' ORDER BY position) FILTER (WHERE NOT hidden),
    string_agg(
      format('CASE WHEN old_row.%I IS NOT NULL THEN jsonb_build_object(%L, jsonb_build_array(%s, null)) ELSE ''{}'' END', name, field, before),
      ' || ' ORDER BY position) FILTER (WHERE NOT hidden)
  INTO is_changed, changed_fields, first_fields, last_fields
  FROM (
    SELECT name, position, name = ANY (noted) AS hidden,
      format('old_row.%1$I IS DISTINCT FROM new_row.%1$I', name) AS differs,
      public.recorded_value(format('old_row.%I', name), format_type(atttypid, null)) AS before,
      public.recorded_value(format('new_row.%I', name), format_type(atttypid, null)) AS after,
      -- The name of the property: display_name is displayName.
      part || (
        SELECT string_agg(CASE WHEN at = 1 THEN word ELSE upper(left(word, 1)) || substr(word, 2) END, '' ORDER BY at)
        FROM unnest(string_to_array(name, '_')) WITH ORDINALITY AS words (word, at)
      ) AS field
    FROM unnest(columns) WITH ORDINALITY AS listed (name, position) JOIN pg_attribute ON attrelid = relation AND attname = name
  ) AS listed;
  written := format(
    'INSERT INTO public.entity_changes
      (tenant_id, entity_type, entity_key, entity_version, kind, changed_at, actor, request_id, operation_id, fields)
    SELECT %s, %L, %%1$s.%I, %s, %%2$L, at, by_actor, by_request, by_operation, %%3$s FROM %%4$s',
    CASE WHEN tenant = '' THEN 'null::uuid' ELSE format('%%1$s.%I', tenant) END,
    entity,
    entity_key,
    CASE WHEN version IS NULL THEN 'null::bigint' ELSE format('%%1$s.%I', version) END);
  EXECUTE format('DROP FUNCTION IF EXISTS public.%I() CASCADE', 'record_' || table_name);
  EXECUTE format(
    $function$
CREATE FUNCTION public.%I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET "IntervalStyle" = 'iso_8601'
-- The plan of a statement of one row would join thousands of rows each with each.
SET enable_nestloop = off AS $trigger$
DECLARE
  at timestamptz := clock_timestamp();
  by_actor text := nullif(current_setting('app.actor', true), '');
  by_request text := nullif(current_setting('app.request_id', true), '');
  by_operation uuid := nullif(current_setting('app.operation_id', true), '')::uuid;
BEGIN
  IF to_regclass(to_char(at, '"change_data.entity_changes_y"YYYY"m"MM')) IS NULL THEN
    PERFORM public.ensure_change_partition(at);
  END IF;
  IF TG_OP = 'INSERT' THEN
    %s;
  ELSIF TG_OP = 'UPDATE' THEN
    %s;
  ELSE
    %s;
  END IF;
  RETURN NULL;
END
$trigger$
    $function$,
    'record_' || table_name,
    CASE WHEN part = '' THEN format(written, 'new_row', 'CREATED', '''{}''::jsonb', 'new_rows AS new_row')
      ELSE format(written, 'new_row', 'UPDATED', first_fields, 'new_rows AS new_row') END,
    format(written, 'new_row', 'UPDATED', changed_fields,
      format('new_rows AS new_row JOIN old_rows AS old_row ON %s WHERE %s', joined, is_changed)),
    format(written, 'old_row', CASE WHEN part = '' THEN 'DELETED' ELSE 'UPDATED' END, coalesce(last_fields, '''{}''::jsonb'),
      'old_rows AS old_row'));
  EXECUTE format(
    'CREATE TRIGGER record_insert AFTER INSERT ON %1$s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s);
    CREATE TRIGGER record_update AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s);
    CREATE TRIGGER record_delete AFTER DELETE ON %1$s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s)',
    relation, 'record_' || table_name,
    -- What was declared, for the test that compares it with the description in TypeScript.
    format('%L, %L, %L, %L, %L, %L', entity, entity_key, tenant, part, array_to_string(recorded, ','), array_to_string(noted, ',')));
END
$body$;
--> statement-breakpoint
SELECT "ensure_change_partitions"();
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "ensure_change_partitions"(), "drop_change_partitions"(timestamptz) TO "novacron_{{domain}}_system";
