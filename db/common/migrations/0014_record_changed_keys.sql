-- As before, and also for changes of key columns that are recorded. A table without a primary key is refused.
CREATE OR REPLACE FUNCTION "record_changes"(
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
  key_columns text[];
  is_changed text;
  changed_fields text;
  first_fields text;
  last_fields text;
  -- Its parameters: the row, the kind of the change, its fields, where the rows are.
  written text;
  when_added text;
  when_updated text;
  when_removed text;
BEGIN
  SELECT array_agg(name) INTO missing FROM unnest(columns || entity_key) AS name
    WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = name AND attnum > 0 AND NOT attisdropped);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'the table % has no columns %', table_name, missing USING ERRCODE = 'undefined_column';
  END IF;
  SELECT attname INTO version FROM pg_attribute
    WHERE part = '' AND attrelid = relation AND attname IN ('version', 'row_version', 'generation') AND atttypid = 'int4'::regtype;
  SELECT string_agg(format('old_row.%1$I = new_row.%1$I', attname), ' AND '), array_agg(attname::text) INTO joined, key_columns
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indrelid = relation AND indisprimary;
  IF joined IS NULL THEN
    RAISE EXCEPTION 'the table % has no primary key, by which the changes of a row are found', table_name USING ERRCODE = 'undefined_object';
  END IF;
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
  when_added := CASE WHEN part = '' THEN format(written, 'new_row', 'CREATED', '''{}''::jsonb', 'new_rows AS new_row')
    ELSE format(written, 'new_row', 'UPDATED', coalesce(first_fields, '''{}''::jsonb'), 'new_rows AS new_row') END;
  when_updated := format(written, 'new_row', 'UPDATED', changed_fields,
    format('new_rows AS new_row JOIN old_rows AS old_row ON %s WHERE %s', joined, is_changed));
  when_removed := format(written, 'old_row', CASE WHEN part = '' THEN 'DELETED' ELSE 'UPDATED' END, coalesce(last_fields, '''{}''::jsonb'),
    'old_rows AS old_row');
  -- A row whose key changes is another row afterwards: the old one was removed and the new one added.
  IF key_columns && columns THEN
    when_updated := format(
      '%s; %s WHERE NOT EXISTS (SELECT FROM new_rows AS new_row WHERE %s); %s WHERE NOT EXISTS (SELECT FROM old_rows AS old_row WHERE %s)',
      when_updated, when_removed, joined, when_added, joined);
  END IF;
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
    when_added, when_updated, when_removed);
  EXECUTE format(
    'CREATE TRIGGER record_insert AFTER INSERT ON %1$s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s);
    CREATE TRIGGER record_update AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s);
    CREATE TRIGGER record_delete AFTER DELETE ON %1$s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.%2$I(%3$s)',
    relation, 'record_' || table_name,
    -- What was declared, for the test that compares it with the description in TypeScript.
    format('%L, %L, %L, %L, %L, %L', entity, entity_key, tenant, part, array_to_string(recorded, ','), array_to_string(noted, ',')));
END
$body$;
