-- The planner may evaluate to_date() before the join has left only partitions of the metrics, and so for the name of any table. CASE makes sure
-- that it sees the name of a day's partition alone.
CREATE OR REPLACE FUNCTION "drop_metric_partitions"("metrics" text, "before_time" timestamptz, "max_partitions" integer DEFAULT 32) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET "TimeZone" = 'UTC' AS $$
-- Drops the partitions that lie wholly before a time and in no held range, oldest first; returns how many. The lock on the
-- table is short, and not waited for: a job that fails on it comes again.
DECLARE
  old record;
  dropped integer := 0;
BEGIN
  IF metrics IS NULL OR metrics NOT IN ('vm_metrics', 'system_metrics') THEN
    RAISE EXCEPTION 'there are no metrics called %', metrics USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR old IN
    SELECT partition.name
    FROM (
      SELECT child.relname AS name,
        CASE WHEN child.relname ~ '_y\d{4}m\d{2}d\d{2}$' THEN to_date(right(child.relname, 11), '"y"YYYY"m"MM"d"DD') END AS day
      FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = format('public.%I', metrics)::regclass
    ) partition
    WHERE (partition.day + 1)::timestamptz <= before_time
      AND NOT EXISTS (
        SELECT FROM public.metric_retention_holds
        WHERE held_from < (partition.day + 1)::timestamptz AND held_to > partition.day::timestamptz)
    ORDER BY partition.day
    LIMIT max_partitions
  LOOP
    EXECUTE format('DROP TABLE metric_data.%I', old.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
