-- Samples without TimescaleDB: one partition a day (UTC), made when a sample needs it and dropped as a whole by retention,
-- and an hourly rollup that is recomputed where samples arrived. The .timescale.sql beside this gives the same names.
CREATE TABLE "system_metrics_hourly" (
	"node_id" uuid NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"sample_count" integer NOT NULL,
	"first_time" timestamp with time zone NOT NULL,
	"last_time" timestamp with time zone NOT NULL,
	"cpu_usage_percent_n" integer NOT NULL,
	"cpu_usage_percent_sum" double precision,
	"cpu_usage_percent_min" double precision,
	"cpu_usage_percent_max" double precision,
	"memory_usage_bytes_n" integer NOT NULL,
	"memory_usage_bytes_sum" double precision,
	"memory_usage_bytes_min" bigint,
	"memory_usage_bytes_max" bigint,
	"memory_total_bytes_n" integer NOT NULL,
	"memory_total_bytes_sum" double precision,
	"memory_total_bytes_min" bigint,
	"memory_total_bytes_max" bigint,
	"disk_usage_bytes_n" integer NOT NULL,
	"disk_usage_bytes_sum" double precision,
	"disk_usage_bytes_min" bigint,
	"disk_usage_bytes_max" bigint,
	"disk_total_bytes_n" integer NOT NULL,
	"disk_total_bytes_sum" double precision,
	"disk_total_bytes_min" bigint,
	"disk_total_bytes_max" bigint,
	"load_average_1m_n" integer NOT NULL,
	"load_average_1m_sum" double precision,
	"load_average_1m_min" double precision,
	"load_average_1m_max" double precision,
	"load_average_5m_n" integer NOT NULL,
	"load_average_5m_sum" double precision,
	"load_average_5m_min" double precision,
	"load_average_5m_max" double precision,
	"load_average_15m_n" integer NOT NULL,
	"load_average_15m_sum" double precision,
	"load_average_15m_min" double precision,
	"load_average_15m_max" double precision,
	"vm_count_n" integer NOT NULL,
	"vm_count_sum" double precision,
	"vm_count_min" integer,
	"vm_count_max" integer,
	"running_vm_count_n" integer NOT NULL,
	"running_vm_count_sum" double precision,
	"running_vm_count_min" integer,
	"running_vm_count_max" integer,
	"network_bytes_sent_first" bigint,
	"network_bytes_sent_last" bigint,
	"network_bytes_recv_first" bigint,
	"network_bytes_recv_last" bigint,
	CONSTRAINT "system_metrics_hourly_node_id_hour_pk" PRIMARY KEY("node_id","hour")
);
--> statement-breakpoint
CREATE TABLE "system_metrics" (
	"time" timestamp with time zone NOT NULL,
	"node_id" uuid NOT NULL,
	"cpu_usage_percent" double precision,
	"memory_usage_bytes" bigint,
	"memory_total_bytes" bigint,
	"disk_usage_bytes" bigint,
	"disk_total_bytes" bigint,
	"network_bytes_sent" bigint,
	"network_bytes_recv" bigint,
	"load_average_1m" double precision,
	"load_average_5m" double precision,
	"load_average_15m" double precision,
	"vm_count" integer,
	"running_vm_count" integer
) PARTITION BY RANGE ("time");
--> statement-breakpoint
CREATE TABLE "vm_metrics_hourly" (
	"tenant_id" uuid NOT NULL,
	"vm_id" uuid NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"sample_count" integer NOT NULL,
	"first_time" timestamp with time zone NOT NULL,
	"last_time" timestamp with time zone NOT NULL,
	"cpu_usage_percent_n" integer NOT NULL,
	"cpu_usage_percent_sum" double precision,
	"cpu_usage_percent_min" double precision,
	"cpu_usage_percent_max" double precision,
	"memory_usage_bytes_n" integer NOT NULL,
	"memory_usage_bytes_sum" double precision,
	"memory_usage_bytes_min" bigint,
	"memory_usage_bytes_max" bigint,
	"memory_available_bytes_n" integer NOT NULL,
	"memory_available_bytes_sum" double precision,
	"memory_available_bytes_min" bigint,
	"memory_available_bytes_max" bigint,
	"disk_usage_bytes_n" integer NOT NULL,
	"disk_usage_bytes_sum" double precision,
	"disk_usage_bytes_min" bigint,
	"disk_usage_bytes_max" bigint,
	"disk_available_bytes_n" integer NOT NULL,
	"disk_available_bytes_sum" double precision,
	"disk_available_bytes_min" bigint,
	"disk_available_bytes_max" bigint,
	"load_average_n" integer NOT NULL,
	"load_average_sum" double precision,
	"load_average_min" double precision,
	"load_average_max" double precision,
	"process_count_n" integer NOT NULL,
	"process_count_sum" double precision,
	"process_count_min" integer,
	"process_count_max" integer,
	"temperature_celsius_n" integer NOT NULL,
	"temperature_celsius_sum" double precision,
	"temperature_celsius_min" double precision,
	"temperature_celsius_max" double precision,
	"network_bytes_sent_first" bigint,
	"network_bytes_sent_last" bigint,
	"network_bytes_recv_first" bigint,
	"network_bytes_recv_last" bigint,
	"network_packets_sent_first" bigint,
	"network_packets_sent_last" bigint,
	"network_packets_recv_first" bigint,
	"network_packets_recv_last" bigint,
	"disk_read_bytes_first" bigint,
	"disk_read_bytes_last" bigint,
	"disk_write_bytes_first" bigint,
	"disk_write_bytes_last" bigint,
	"disk_read_ops_first" bigint,
	"disk_read_ops_last" bigint,
	"disk_write_ops_first" bigint,
	"disk_write_ops_last" bigint,
	"avg_cpu" double precision GENERATED ALWAYS AS (cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0)) STORED,
	"max_memory" bigint GENERATED ALWAYS AS (memory_usage_bytes_max) STORED,
	"avg_network_sent" double precision GENERATED ALWAYS AS ((network_bytes_sent_last - case when network_bytes_sent_last >= network_bytes_sent_first then network_bytes_sent_first else 0 end) / nullif(extract(epoch from last_time - first_time)::double precision, 0)) STORED,
	CONSTRAINT "vm_metrics_hourly_tenant_id_vm_id_hour_pk" PRIMARY KEY("tenant_id","vm_id","hour")
);
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "vm_metrics" (
	"time" timestamp with time zone NOT NULL,
	"vm_id" uuid NOT NULL,
	"node_id" uuid,
	"tenant_id" uuid NOT NULL,
	"cpu_usage_percent" double precision,
	"memory_usage_bytes" bigint,
	"memory_available_bytes" bigint,
	"network_bytes_sent" bigint,
	"network_bytes_recv" bigint,
	"network_packets_sent" bigint,
	"network_packets_recv" bigint,
	"disk_read_bytes" bigint,
	"disk_write_bytes" bigint,
	"disk_read_ops" bigint,
	"disk_write_ops" bigint,
	"disk_usage_bytes" bigint,
	"disk_available_bytes" bigint,
	"load_average" double precision,
	"process_count" integer,
	"temperature_celsius" double precision
) PARTITION BY RANGE ("time");
--> statement-breakpoint
ALTER TABLE "vm_metrics" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE UNIQUE INDEX "idx_system_metrics_node_id_time" ON "system_metrics" USING btree ("node_id","time" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_system_metrics_time" ON "system_metrics" USING btree ("time" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "idx_vm_metrics_vm_id_time" ON "vm_metrics" USING btree ("vm_id","time" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "idx_vm_metrics_tenant_id_time" ON "vm_metrics" USING btree ("tenant_id","time" DESC NULLS FIRST);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_metrics_hourly" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("vm_metrics_hourly"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_metrics_hourly"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "vm_metrics_hourly" AS PERMISSIVE FOR ALL TO "novacron_monitoring_system" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "vm_metrics" AS PERMISSIVE FOR ALL TO "novacron_monitoring" USING ("vm_metrics"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid)) WITH CHECK ("vm_metrics"."tenant_id" = (select nullif(current_setting('app.tenant_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "system_jobs" ON "vm_metrics" AS PERMISSIVE FOR ALL TO "novacron_monitoring_system" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "vm_metrics" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Policies of a partitioned table hold for queries through it only. The partitions live where no role may look, so that
-- nobody comes to the rows past the policies.
CREATE SCHEMA "metric_data";
--> statement-breakpoint
CREATE FUNCTION "ensure_metric_partitions"("metrics" text, "from_time" timestamptz, "to_time" timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' SET "TimeZone" = 'UTC' AS $$
-- Makes the daily partitions between two times, both included; returns how many were missing. Runs as the owner, because
-- the services that write samples own nothing, and so it is bounded: two tables, 400 days a call, no dates that no clock shows.
DECLARE
  first_day date := from_time::date;
  last_day date := to_time::date;
  day date;
  partition text;
  made integer := 0;
BEGIN
  IF metrics IS NULL OR metrics NOT IN ('vm_metrics', 'system_metrics') THEN
    RAISE EXCEPTION 'there are no metrics called %', metrics USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF first_day IS NULL OR last_day IS NULL OR last_day < first_day OR last_day - first_day > 400
    OR first_day < '2000-01-01' OR to_time > now() + interval '31 days' THEN
    RAISE EXCEPTION 'samples from % to % are out of range', from_time, to_time USING ERRCODE = 'invalid_parameter_value',
      HINT = 'At most 400 days at once, not before 2000 and not more than 31 days ahead.';
  END IF;
  FOR day IN SELECT first_day + n FROM generate_series(0, last_day - first_day) n LOOP
    partition := metrics || to_char(day, '_"y"YYYY"m"MM"d"DD');
    CONTINUE WHEN to_regclass(format('metric_data.%I', partition)) IS NOT NULL;
    -- Another program may be making it: wait for its transaction and look again. The lock is the one that ATTACH takes. An
    -- advisory lock would not do: taking it does not make this session forget that it found no such partition.
    EXECUTE format('LOCK TABLE ONLY public.%I IN SHARE UPDATE EXCLUSIVE MODE', metrics);
    CONTINUE WHEN to_regclass(format('metric_data.%I', partition)) IS NOT NULL;
    -- ATTACH does not wait for readers and writers of the other partitions, as CREATE … PARTITION OF would.
    EXECUTE format('CREATE TABLE metric_data.%I (LIKE public.%I)', partition, metrics);
    EXECUTE format('ALTER TABLE metric_data.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION metric_data.%I FOR VALUES FROM (%L) TO (%L)',
      metrics, partition, day::timestamptz, (day + 1)::timestamptz);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "drop_metric_partitions"("metrics" text, "before_time" timestamptz, "max_partitions" integer DEFAULT 32) RETURNS integer
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
    SELECT child.relname AS name
    FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid,
    LATERAL (SELECT to_date(right(child.relname, 11), '"y"YYYY"m"MM"d"DD') AS day) named
    WHERE inhparent = format('public.%I', metrics)::regclass
      AND (day + 1)::timestamptz <= before_time
      AND NOT EXISTS (
        SELECT FROM public.metric_retention_holds
        WHERE held_from < (day + 1)::timestamptz AND held_to > day::timestamptz)
    ORDER BY day
    LIMIT max_partitions
  LOOP
    EXECUTE format('DROP TABLE metric_data.%I', old.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "refresh_vm_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- Recomputes the hours that got samples, newest first; returns how many hours, 0 when there is nothing left. The marks that
-- it deletes and the samples that it reads belong to one snapshot.
DECLARE
  started timestamptz;
  hours integer;
  newest timestamptz;
BEGIN
  -- One at a time: of two that compute the same hour, the one with the older snapshot must not write last.
  PERFORM pg_advisory_xact_lock(hashtextextended('novacron.vm_metrics_hourly', 0));
  started := clock_timestamp();
  WITH taken AS (
    DELETE FROM metric_dirty_hours d WHERE d.stream = 'vm' AND d.hour IN (
      SELECT DISTINCT hour FROM metric_dirty_hours WHERE stream = 'vm' ORDER BY hour DESC LIMIT max_hours)
    RETURNING d.tenant_id, d.hour
  ), hours AS (
    SELECT DISTINCT tenant_id, hour FROM taken
  ), rolled AS (
    SELECT m.tenant_id, m.vm_id, h.hour, count(*)::int AS sample_count, min(m.time) AS first_time, max(m.time) AS last_time,
      count(m.cpu_usage_percent)::int AS cpu_usage_percent_n, sum(m.cpu_usage_percent)::float8 AS cpu_usage_percent_sum,
        min(m.cpu_usage_percent) AS cpu_usage_percent_min, max(m.cpu_usage_percent) AS cpu_usage_percent_max,
      count(m.memory_usage_bytes)::int AS memory_usage_bytes_n, sum(m.memory_usage_bytes)::float8 AS memory_usage_bytes_sum,
        min(m.memory_usage_bytes) AS memory_usage_bytes_min, max(m.memory_usage_bytes) AS memory_usage_bytes_max,
      count(m.memory_available_bytes)::int AS memory_available_bytes_n, sum(m.memory_available_bytes)::float8 AS memory_available_bytes_sum,
        min(m.memory_available_bytes) AS memory_available_bytes_min, max(m.memory_available_bytes) AS memory_available_bytes_max,
      count(m.disk_usage_bytes)::int AS disk_usage_bytes_n, sum(m.disk_usage_bytes)::float8 AS disk_usage_bytes_sum,
        min(m.disk_usage_bytes) AS disk_usage_bytes_min, max(m.disk_usage_bytes) AS disk_usage_bytes_max,
      count(m.disk_available_bytes)::int AS disk_available_bytes_n, sum(m.disk_available_bytes)::float8 AS disk_available_bytes_sum,
        min(m.disk_available_bytes) AS disk_available_bytes_min, max(m.disk_available_bytes) AS disk_available_bytes_max,
      count(m.load_average)::int AS load_average_n, sum(m.load_average)::float8 AS load_average_sum,
        min(m.load_average) AS load_average_min, max(m.load_average) AS load_average_max,
      count(m.process_count)::int AS process_count_n, sum(m.process_count)::float8 AS process_count_sum,
        min(m.process_count) AS process_count_min, max(m.process_count) AS process_count_max,
      count(m.temperature_celsius)::int AS temperature_celsius_n, sum(m.temperature_celsius)::float8 AS temperature_celsius_sum,
        min(m.temperature_celsius) AS temperature_celsius_min, max(m.temperature_celsius) AS temperature_celsius_max,
      array_agg(m.network_bytes_sent ORDER BY m.time) FILTER (WHERE m.network_bytes_sent IS NOT NULL) AS network_bytes_sent,
      array_agg(m.network_bytes_recv ORDER BY m.time) FILTER (WHERE m.network_bytes_recv IS NOT NULL) AS network_bytes_recv,
      array_agg(m.network_packets_sent ORDER BY m.time) FILTER (WHERE m.network_packets_sent IS NOT NULL) AS network_packets_sent,
      array_agg(m.network_packets_recv ORDER BY m.time) FILTER (WHERE m.network_packets_recv IS NOT NULL) AS network_packets_recv,
      array_agg(m.disk_read_bytes ORDER BY m.time) FILTER (WHERE m.disk_read_bytes IS NOT NULL) AS disk_read_bytes,
      array_agg(m.disk_write_bytes ORDER BY m.time) FILTER (WHERE m.disk_write_bytes IS NOT NULL) AS disk_write_bytes,
      array_agg(m.disk_read_ops ORDER BY m.time) FILTER (WHERE m.disk_read_ops IS NOT NULL) AS disk_read_ops,
      array_agg(m.disk_write_ops ORDER BY m.time) FILTER (WHERE m.disk_write_ops IS NOT NULL) AS disk_write_ops
    FROM hours h JOIN vm_metrics m ON m.tenant_id = h.tenant_id AND m.time >= h.hour AND m.time < h.hour + interval '1 hour'
    GROUP BY m.tenant_id, m.vm_id, h.hour
  ), written AS (
    INSERT INTO vm_metrics_hourly AS kept (tenant_id, vm_id, hour, sample_count, first_time, last_time,
      cpu_usage_percent_n, cpu_usage_percent_sum, cpu_usage_percent_min, cpu_usage_percent_max,
      memory_usage_bytes_n, memory_usage_bytes_sum, memory_usage_bytes_min, memory_usage_bytes_max,
      memory_available_bytes_n, memory_available_bytes_sum, memory_available_bytes_min,
      memory_available_bytes_max, disk_usage_bytes_n, disk_usage_bytes_sum, disk_usage_bytes_min,
      disk_usage_bytes_max, disk_available_bytes_n, disk_available_bytes_sum, disk_available_bytes_min,
      disk_available_bytes_max, load_average_n, load_average_sum, load_average_min, load_average_max,
      process_count_n, process_count_sum, process_count_min, process_count_max, temperature_celsius_n,
      temperature_celsius_sum, temperature_celsius_min, temperature_celsius_max, network_bytes_sent_first,
      network_bytes_sent_last, network_bytes_recv_first, network_bytes_recv_last, network_packets_sent_first,
      network_packets_sent_last, network_packets_recv_first, network_packets_recv_last, disk_read_bytes_first,
      disk_read_bytes_last, disk_write_bytes_first, disk_write_bytes_last, disk_read_ops_first,
      disk_read_ops_last, disk_write_ops_first, disk_write_ops_last)
    SELECT tenant_id, vm_id, hour, sample_count, first_time, last_time,
      cpu_usage_percent_n, cpu_usage_percent_sum, cpu_usage_percent_min, cpu_usage_percent_max,
      memory_usage_bytes_n, memory_usage_bytes_sum, memory_usage_bytes_min, memory_usage_bytes_max,
      memory_available_bytes_n, memory_available_bytes_sum, memory_available_bytes_min, memory_available_bytes_max,
      disk_usage_bytes_n, disk_usage_bytes_sum, disk_usage_bytes_min, disk_usage_bytes_max,
      disk_available_bytes_n, disk_available_bytes_sum, disk_available_bytes_min, disk_available_bytes_max,
      load_average_n, load_average_sum, load_average_min, load_average_max,
      process_count_n, process_count_sum, process_count_min, process_count_max,
      temperature_celsius_n, temperature_celsius_sum, temperature_celsius_min, temperature_celsius_max,
      network_bytes_sent[1], network_bytes_sent[cardinality(network_bytes_sent)],
      network_bytes_recv[1], network_bytes_recv[cardinality(network_bytes_recv)],
      network_packets_sent[1], network_packets_sent[cardinality(network_packets_sent)],
      network_packets_recv[1], network_packets_recv[cardinality(network_packets_recv)],
      disk_read_bytes[1], disk_read_bytes[cardinality(disk_read_bytes)],
      disk_write_bytes[1], disk_write_bytes[cardinality(disk_write_bytes)],
      disk_read_ops[1], disk_read_ops[cardinality(disk_read_ops)],
      disk_write_ops[1], disk_write_ops[cardinality(disk_write_ops)]
    FROM rolled
    ON CONFLICT (tenant_id, vm_id, hour) DO UPDATE SET
      sample_count = excluded.sample_count, first_time = excluded.first_time, last_time = excluded.last_time,
      cpu_usage_percent_n = excluded.cpu_usage_percent_n, cpu_usage_percent_sum = excluded.cpu_usage_percent_sum,
      cpu_usage_percent_min = excluded.cpu_usage_percent_min,
      cpu_usage_percent_max = excluded.cpu_usage_percent_max,
      memory_usage_bytes_n = excluded.memory_usage_bytes_n,
      memory_usage_bytes_sum = excluded.memory_usage_bytes_sum,
      memory_usage_bytes_min = excluded.memory_usage_bytes_min,
      memory_usage_bytes_max = excluded.memory_usage_bytes_max,
      memory_available_bytes_n = excluded.memory_available_bytes_n,
      memory_available_bytes_sum = excluded.memory_available_bytes_sum,
      memory_available_bytes_min = excluded.memory_available_bytes_min,
      memory_available_bytes_max = excluded.memory_available_bytes_max,
      disk_usage_bytes_n = excluded.disk_usage_bytes_n, disk_usage_bytes_sum = excluded.disk_usage_bytes_sum,
      disk_usage_bytes_min = excluded.disk_usage_bytes_min, disk_usage_bytes_max = excluded.disk_usage_bytes_max,
      disk_available_bytes_n = excluded.disk_available_bytes_n,
      disk_available_bytes_sum = excluded.disk_available_bytes_sum,
      disk_available_bytes_min = excluded.disk_available_bytes_min,
      disk_available_bytes_max = excluded.disk_available_bytes_max, load_average_n = excluded.load_average_n,
      load_average_sum = excluded.load_average_sum, load_average_min = excluded.load_average_min,
      load_average_max = excluded.load_average_max, process_count_n = excluded.process_count_n,
      process_count_sum = excluded.process_count_sum, process_count_min = excluded.process_count_min,
      process_count_max = excluded.process_count_max, temperature_celsius_n = excluded.temperature_celsius_n,
      temperature_celsius_sum = excluded.temperature_celsius_sum,
      temperature_celsius_min = excluded.temperature_celsius_min,
      temperature_celsius_max = excluded.temperature_celsius_max,
      network_bytes_sent_first = excluded.network_bytes_sent_first,
      network_bytes_sent_last = excluded.network_bytes_sent_last,
      network_bytes_recv_first = excluded.network_bytes_recv_first,
      network_bytes_recv_last = excluded.network_bytes_recv_last,
      network_packets_sent_first = excluded.network_packets_sent_first,
      network_packets_sent_last = excluded.network_packets_sent_last,
      network_packets_recv_first = excluded.network_packets_recv_first,
      network_packets_recv_last = excluded.network_packets_recv_last,
      disk_read_bytes_first = excluded.disk_read_bytes_first,
      disk_read_bytes_last = excluded.disk_read_bytes_last,
      disk_write_bytes_first = excluded.disk_write_bytes_first,
      disk_write_bytes_last = excluded.disk_write_bytes_last, disk_read_ops_first = excluded.disk_read_ops_first,
      disk_read_ops_last = excluded.disk_read_ops_last, disk_write_ops_first = excluded.disk_write_ops_first,
      disk_write_ops_last = excluded.disk_write_ops_last
    WHERE excluded.sample_count >= kept.sample_count
  )
  SELECT count(DISTINCT hour)::int, max(hour) INTO hours, newest FROM hours;
  INSERT INTO metric_rollup_watermarks AS mark (stream, refreshed_at, newest_hour, hours_refreshed)
  VALUES ('vm', started, newest, hours)
  ON CONFLICT (stream) DO UPDATE SET refreshed_at = excluded.refreshed_at,
    newest_hour = greatest(mark.newest_hour, excluded.newest_hour), hours_refreshed = mark.hours_refreshed + excluded.hours_refreshed;
  RETURN hours;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "refresh_system_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- See refresh_vm_metrics_hourly.
DECLARE
  started timestamptz;
  hours integer;
  newest timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('novacron.system_metrics_hourly', 0));
  started := clock_timestamp();
  WITH taken AS (
    DELETE FROM metric_dirty_hours d WHERE d.stream = 'system' AND d.hour IN (
      SELECT DISTINCT hour FROM metric_dirty_hours WHERE stream = 'system' ORDER BY hour DESC LIMIT max_hours)
    RETURNING d.tenant_id, d.hour
  ), hours AS (
    SELECT DISTINCT tenant_id, hour FROM taken
  ), rolled AS (
    SELECT m.node_id, h.hour, count(*)::int AS sample_count, min(m.time) AS first_time, max(m.time) AS last_time,
      count(m.cpu_usage_percent)::int AS cpu_usage_percent_n, sum(m.cpu_usage_percent)::float8 AS cpu_usage_percent_sum,
        min(m.cpu_usage_percent) AS cpu_usage_percent_min, max(m.cpu_usage_percent) AS cpu_usage_percent_max,
      count(m.memory_usage_bytes)::int AS memory_usage_bytes_n, sum(m.memory_usage_bytes)::float8 AS memory_usage_bytes_sum,
        min(m.memory_usage_bytes) AS memory_usage_bytes_min, max(m.memory_usage_bytes) AS memory_usage_bytes_max,
      count(m.memory_total_bytes)::int AS memory_total_bytes_n, sum(m.memory_total_bytes)::float8 AS memory_total_bytes_sum,
        min(m.memory_total_bytes) AS memory_total_bytes_min, max(m.memory_total_bytes) AS memory_total_bytes_max,
      count(m.disk_usage_bytes)::int AS disk_usage_bytes_n, sum(m.disk_usage_bytes)::float8 AS disk_usage_bytes_sum,
        min(m.disk_usage_bytes) AS disk_usage_bytes_min, max(m.disk_usage_bytes) AS disk_usage_bytes_max,
      count(m.disk_total_bytes)::int AS disk_total_bytes_n, sum(m.disk_total_bytes)::float8 AS disk_total_bytes_sum,
        min(m.disk_total_bytes) AS disk_total_bytes_min, max(m.disk_total_bytes) AS disk_total_bytes_max,
      count(m.load_average_1m)::int AS load_average_1m_n, sum(m.load_average_1m)::float8 AS load_average_1m_sum,
        min(m.load_average_1m) AS load_average_1m_min, max(m.load_average_1m) AS load_average_1m_max,
      count(m.load_average_5m)::int AS load_average_5m_n, sum(m.load_average_5m)::float8 AS load_average_5m_sum,
        min(m.load_average_5m) AS load_average_5m_min, max(m.load_average_5m) AS load_average_5m_max,
      count(m.load_average_15m)::int AS load_average_15m_n, sum(m.load_average_15m)::float8 AS load_average_15m_sum,
        min(m.load_average_15m) AS load_average_15m_min, max(m.load_average_15m) AS load_average_15m_max,
      count(m.vm_count)::int AS vm_count_n, sum(m.vm_count)::float8 AS vm_count_sum,
        min(m.vm_count) AS vm_count_min, max(m.vm_count) AS vm_count_max,
      count(m.running_vm_count)::int AS running_vm_count_n, sum(m.running_vm_count)::float8 AS running_vm_count_sum,
        min(m.running_vm_count) AS running_vm_count_min, max(m.running_vm_count) AS running_vm_count_max,
      array_agg(m.network_bytes_sent ORDER BY m.time) FILTER (WHERE m.network_bytes_sent IS NOT NULL) AS network_bytes_sent,
      array_agg(m.network_bytes_recv ORDER BY m.time) FILTER (WHERE m.network_bytes_recv IS NOT NULL) AS network_bytes_recv
    FROM hours h JOIN system_metrics m ON m.time >= h.hour AND m.time < h.hour + interval '1 hour'
    GROUP BY m.node_id, h.hour
  ), written AS (
    INSERT INTO system_metrics_hourly AS kept (node_id, hour, sample_count, first_time, last_time,
      cpu_usage_percent_n, cpu_usage_percent_sum, cpu_usage_percent_min, cpu_usage_percent_max,
      memory_usage_bytes_n, memory_usage_bytes_sum, memory_usage_bytes_min, memory_usage_bytes_max,
      memory_total_bytes_n, memory_total_bytes_sum, memory_total_bytes_min, memory_total_bytes_max,
      disk_usage_bytes_n, disk_usage_bytes_sum, disk_usage_bytes_min, disk_usage_bytes_max, disk_total_bytes_n,
      disk_total_bytes_sum, disk_total_bytes_min, disk_total_bytes_max, load_average_1m_n, load_average_1m_sum,
      load_average_1m_min, load_average_1m_max, load_average_5m_n, load_average_5m_sum, load_average_5m_min,
      load_average_5m_max, load_average_15m_n, load_average_15m_sum, load_average_15m_min, load_average_15m_max,
      vm_count_n, vm_count_sum, vm_count_min, vm_count_max, running_vm_count_n, running_vm_count_sum,
      running_vm_count_min, running_vm_count_max, network_bytes_sent_first, network_bytes_sent_last,
      network_bytes_recv_first, network_bytes_recv_last)
    SELECT node_id, hour, sample_count, first_time, last_time,
      cpu_usage_percent_n, cpu_usage_percent_sum, cpu_usage_percent_min, cpu_usage_percent_max,
      memory_usage_bytes_n, memory_usage_bytes_sum, memory_usage_bytes_min, memory_usage_bytes_max,
      memory_total_bytes_n, memory_total_bytes_sum, memory_total_bytes_min, memory_total_bytes_max,
      disk_usage_bytes_n, disk_usage_bytes_sum, disk_usage_bytes_min, disk_usage_bytes_max,
      disk_total_bytes_n, disk_total_bytes_sum, disk_total_bytes_min, disk_total_bytes_max,
      load_average_1m_n, load_average_1m_sum, load_average_1m_min, load_average_1m_max,
      load_average_5m_n, load_average_5m_sum, load_average_5m_min, load_average_5m_max,
      load_average_15m_n, load_average_15m_sum, load_average_15m_min, load_average_15m_max,
      vm_count_n, vm_count_sum, vm_count_min, vm_count_max,
      running_vm_count_n, running_vm_count_sum, running_vm_count_min, running_vm_count_max,
      network_bytes_sent[1], network_bytes_sent[cardinality(network_bytes_sent)],
      network_bytes_recv[1], network_bytes_recv[cardinality(network_bytes_recv)]
    FROM rolled
    ON CONFLICT (node_id, hour) DO UPDATE SET
      sample_count = excluded.sample_count, first_time = excluded.first_time, last_time = excluded.last_time,
      cpu_usage_percent_n = excluded.cpu_usage_percent_n, cpu_usage_percent_sum = excluded.cpu_usage_percent_sum,
      cpu_usage_percent_min = excluded.cpu_usage_percent_min,
      cpu_usage_percent_max = excluded.cpu_usage_percent_max,
      memory_usage_bytes_n = excluded.memory_usage_bytes_n,
      memory_usage_bytes_sum = excluded.memory_usage_bytes_sum,
      memory_usage_bytes_min = excluded.memory_usage_bytes_min,
      memory_usage_bytes_max = excluded.memory_usage_bytes_max,
      memory_total_bytes_n = excluded.memory_total_bytes_n,
      memory_total_bytes_sum = excluded.memory_total_bytes_sum,
      memory_total_bytes_min = excluded.memory_total_bytes_min,
      memory_total_bytes_max = excluded.memory_total_bytes_max, disk_usage_bytes_n = excluded.disk_usage_bytes_n,
      disk_usage_bytes_sum = excluded.disk_usage_bytes_sum, disk_usage_bytes_min = excluded.disk_usage_bytes_min,
      disk_usage_bytes_max = excluded.disk_usage_bytes_max, disk_total_bytes_n = excluded.disk_total_bytes_n,
      disk_total_bytes_sum = excluded.disk_total_bytes_sum, disk_total_bytes_min = excluded.disk_total_bytes_min,
      disk_total_bytes_max = excluded.disk_total_bytes_max, load_average_1m_n = excluded.load_average_1m_n,
      load_average_1m_sum = excluded.load_average_1m_sum, load_average_1m_min = excluded.load_average_1m_min,
      load_average_1m_max = excluded.load_average_1m_max, load_average_5m_n = excluded.load_average_5m_n,
      load_average_5m_sum = excluded.load_average_5m_sum, load_average_5m_min = excluded.load_average_5m_min,
      load_average_5m_max = excluded.load_average_5m_max, load_average_15m_n = excluded.load_average_15m_n,
      load_average_15m_sum = excluded.load_average_15m_sum, load_average_15m_min = excluded.load_average_15m_min,
      load_average_15m_max = excluded.load_average_15m_max, vm_count_n = excluded.vm_count_n,
      vm_count_sum = excluded.vm_count_sum, vm_count_min = excluded.vm_count_min,
      vm_count_max = excluded.vm_count_max, running_vm_count_n = excluded.running_vm_count_n,
      running_vm_count_sum = excluded.running_vm_count_sum, running_vm_count_min = excluded.running_vm_count_min,
      running_vm_count_max = excluded.running_vm_count_max,
      network_bytes_sent_first = excluded.network_bytes_sent_first,
      network_bytes_sent_last = excluded.network_bytes_sent_last,
      network_bytes_recv_first = excluded.network_bytes_recv_first,
      network_bytes_recv_last = excluded.network_bytes_recv_last
    WHERE excluded.sample_count >= kept.sample_count
  )
  SELECT count(DISTINCT hour)::int, max(hour) INTO hours, newest FROM hours;
  INSERT INTO metric_rollup_watermarks AS mark (stream, refreshed_at, newest_hour, hours_refreshed)
  VALUES ('system', started, newest, hours)
  ON CONFLICT (stream) DO UPDATE SET refreshed_at = excluded.refreshed_at,
    newest_hour = greatest(mark.newest_hour, excluded.newest_hour), hours_refreshed = mark.hours_refreshed + excluded.hours_refreshed;
  RETURN hours;
END
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "ensure_metric_partitions", "drop_metric_partitions", "refresh_vm_metrics_hourly", "refresh_system_metrics_hourly" FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "ensure_metric_partitions" TO "novacron_monitoring", "novacron_monitoring_system";
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "drop_metric_partitions", "refresh_vm_metrics_hourly", "refresh_system_metrics_hourly" TO "novacron_monitoring_system";
--> statement-breakpoint
-- Samples are facts: nobody changes or deletes one.
GRANT SELECT, INSERT ON "vm_metrics", "system_metrics" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT ON "vm_metrics_hourly", "system_metrics_hourly" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT ON "vm_metrics", "system_metrics" TO "novacron_monitoring_system";
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON "vm_metrics_hourly", "system_metrics_hourly" TO "novacron_monitoring_system";
--> statement-breakpoint
INSERT INTO "metric_storage" ("engine") VALUES ('native');
