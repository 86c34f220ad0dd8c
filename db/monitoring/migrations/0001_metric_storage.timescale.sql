-- Samples on TimescaleDB: hypertables and continuous aggregates, under the names that the native file gives to tables.
-- NOTE: This file runs where the extension is available under its community licence; tests/monitoring-db runs the same tests
-- on it when TIMESCALE_URL names such a server.
--
-- TimescaleDB refuses continuous aggregates on tables with row-level security. So the hypertables lie in a schema that no
-- service may look into, and what the services see under the names of the tables are views of the owner, security
-- barriers with the predicate of the native policies; through them rows of another tenant are neither read nor written.
CREATE EXTENSION IF NOT EXISTS timescaledb;
--> statement-breakpoint
CREATE SCHEMA "metric_data";
--> statement-breakpoint
CREATE TABLE "metric_data"."vm_metrics" (
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
);
--> statement-breakpoint
CREATE TABLE "metric_data"."system_metrics" (
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
);
--> statement-breakpoint
-- One day a chunk, not the hour of the original design: 90 days in hours are 2,160 chunks, which every plan would look at.
SELECT create_hypertable('metric_data.vm_metrics', 'time', chunk_time_interval => INTERVAL '1 day',
  create_default_indexes => false);
--> statement-breakpoint
SELECT create_hypertable('metric_data.system_metrics', 'time', chunk_time_interval => INTERVAL '1 day',
  create_default_indexes => false);
--> statement-breakpoint
CREATE UNIQUE INDEX "idx_system_metrics_node_id_time" ON "metric_data"."system_metrics" USING btree ("node_id","time" DESC NULLS FIRST);
--> statement-breakpoint
CREATE INDEX "idx_system_metrics_time" ON "metric_data"."system_metrics" USING btree ("time" DESC NULLS FIRST);
--> statement-breakpoint
CREATE UNIQUE INDEX "idx_vm_metrics_vm_id_time" ON "metric_data"."vm_metrics" USING btree ("vm_id","time" DESC NULLS FIRST);
--> statement-breakpoint
CREATE INDEX "idx_vm_metrics_tenant_id_time" ON "metric_data"."vm_metrics" USING btree ("tenant_id","time" DESC NULLS FIRST);
--> statement-breakpoint
-- Materialised only: the watermark of a real-time aggregate is read with the rights of whoever asks, which the services lack.
CREATE MATERIALIZED VIEW "metric_data"."vm_metrics_hourly" WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT tenant_id, vm_id, time_bucket(INTERVAL '1 hour', time) AS hour,
  count(*)::int AS sample_count, min(time) AS first_time, max(time) AS last_time,
  count(cpu_usage_percent)::int AS cpu_usage_percent_n, sum(cpu_usage_percent)::float8 AS cpu_usage_percent_sum,
    min(cpu_usage_percent) AS cpu_usage_percent_min, max(cpu_usage_percent) AS cpu_usage_percent_max,
  count(memory_usage_bytes)::int AS memory_usage_bytes_n, sum(memory_usage_bytes)::float8 AS memory_usage_bytes_sum,
    min(memory_usage_bytes) AS memory_usage_bytes_min, max(memory_usage_bytes) AS memory_usage_bytes_max,
  count(memory_available_bytes)::int AS memory_available_bytes_n, sum(memory_available_bytes)::float8 AS memory_available_bytes_sum,
    min(memory_available_bytes) AS memory_available_bytes_min, max(memory_available_bytes) AS memory_available_bytes_max,
  count(disk_usage_bytes)::int AS disk_usage_bytes_n, sum(disk_usage_bytes)::float8 AS disk_usage_bytes_sum,
    min(disk_usage_bytes) AS disk_usage_bytes_min, max(disk_usage_bytes) AS disk_usage_bytes_max,
  count(disk_available_bytes)::int AS disk_available_bytes_n, sum(disk_available_bytes)::float8 AS disk_available_bytes_sum,
    min(disk_available_bytes) AS disk_available_bytes_min, max(disk_available_bytes) AS disk_available_bytes_max,
  count(load_average)::int AS load_average_n, sum(load_average)::float8 AS load_average_sum,
    min(load_average) AS load_average_min, max(load_average) AS load_average_max,
  count(process_count)::int AS process_count_n, sum(process_count)::float8 AS process_count_sum,
    min(process_count) AS process_count_min, max(process_count) AS process_count_max,
  count(temperature_celsius)::int AS temperature_celsius_n, sum(temperature_celsius)::float8 AS temperature_celsius_sum,
    min(temperature_celsius) AS temperature_celsius_min, max(temperature_celsius) AS temperature_celsius_max,
  first(network_bytes_sent, time) FILTER (WHERE network_bytes_sent IS NOT NULL) AS network_bytes_sent_first,
    last(network_bytes_sent, time) FILTER (WHERE network_bytes_sent IS NOT NULL) AS network_bytes_sent_last,
  first(network_bytes_recv, time) FILTER (WHERE network_bytes_recv IS NOT NULL) AS network_bytes_recv_first,
    last(network_bytes_recv, time) FILTER (WHERE network_bytes_recv IS NOT NULL) AS network_bytes_recv_last,
  first(network_packets_sent, time) FILTER (WHERE network_packets_sent IS NOT NULL) AS network_packets_sent_first,
    last(network_packets_sent, time) FILTER (WHERE network_packets_sent IS NOT NULL) AS network_packets_sent_last,
  first(network_packets_recv, time) FILTER (WHERE network_packets_recv IS NOT NULL) AS network_packets_recv_first,
    last(network_packets_recv, time) FILTER (WHERE network_packets_recv IS NOT NULL) AS network_packets_recv_last,
  first(disk_read_bytes, time) FILTER (WHERE disk_read_bytes IS NOT NULL) AS disk_read_bytes_first,
    last(disk_read_bytes, time) FILTER (WHERE disk_read_bytes IS NOT NULL) AS disk_read_bytes_last,
  first(disk_write_bytes, time) FILTER (WHERE disk_write_bytes IS NOT NULL) AS disk_write_bytes_first,
    last(disk_write_bytes, time) FILTER (WHERE disk_write_bytes IS NOT NULL) AS disk_write_bytes_last,
  first(disk_read_ops, time) FILTER (WHERE disk_read_ops IS NOT NULL) AS disk_read_ops_first,
    last(disk_read_ops, time) FILTER (WHERE disk_read_ops IS NOT NULL) AS disk_read_ops_last,
  first(disk_write_ops, time) FILTER (WHERE disk_write_ops IS NOT NULL) AS disk_write_ops_first,
    last(disk_write_ops, time) FILTER (WHERE disk_write_ops IS NOT NULL) AS disk_write_ops_last
FROM "metric_data"."vm_metrics"
GROUP BY tenant_id, vm_id, time_bucket(INTERVAL '1 hour', time)
WITH NO DATA;
--> statement-breakpoint
CREATE MATERIALIZED VIEW "metric_data"."system_metrics_hourly" WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT node_id, time_bucket(INTERVAL '1 hour', time) AS hour,
  count(*)::int AS sample_count, min(time) AS first_time, max(time) AS last_time,
  count(cpu_usage_percent)::int AS cpu_usage_percent_n, sum(cpu_usage_percent)::float8 AS cpu_usage_percent_sum,
    min(cpu_usage_percent) AS cpu_usage_percent_min, max(cpu_usage_percent) AS cpu_usage_percent_max,
  count(memory_usage_bytes)::int AS memory_usage_bytes_n, sum(memory_usage_bytes)::float8 AS memory_usage_bytes_sum,
    min(memory_usage_bytes) AS memory_usage_bytes_min, max(memory_usage_bytes) AS memory_usage_bytes_max,
  count(memory_total_bytes)::int AS memory_total_bytes_n, sum(memory_total_bytes)::float8 AS memory_total_bytes_sum,
    min(memory_total_bytes) AS memory_total_bytes_min, max(memory_total_bytes) AS memory_total_bytes_max,
  count(disk_usage_bytes)::int AS disk_usage_bytes_n, sum(disk_usage_bytes)::float8 AS disk_usage_bytes_sum,
    min(disk_usage_bytes) AS disk_usage_bytes_min, max(disk_usage_bytes) AS disk_usage_bytes_max,
  count(disk_total_bytes)::int AS disk_total_bytes_n, sum(disk_total_bytes)::float8 AS disk_total_bytes_sum,
    min(disk_total_bytes) AS disk_total_bytes_min, max(disk_total_bytes) AS disk_total_bytes_max,
  count(load_average_1m)::int AS load_average_1m_n, sum(load_average_1m)::float8 AS load_average_1m_sum,
    min(load_average_1m) AS load_average_1m_min, max(load_average_1m) AS load_average_1m_max,
  count(load_average_5m)::int AS load_average_5m_n, sum(load_average_5m)::float8 AS load_average_5m_sum,
    min(load_average_5m) AS load_average_5m_min, max(load_average_5m) AS load_average_5m_max,
  count(load_average_15m)::int AS load_average_15m_n, sum(load_average_15m)::float8 AS load_average_15m_sum,
    min(load_average_15m) AS load_average_15m_min, max(load_average_15m) AS load_average_15m_max,
  count(vm_count)::int AS vm_count_n, sum(vm_count)::float8 AS vm_count_sum,
    min(vm_count) AS vm_count_min, max(vm_count) AS vm_count_max,
  count(running_vm_count)::int AS running_vm_count_n, sum(running_vm_count)::float8 AS running_vm_count_sum,
    min(running_vm_count) AS running_vm_count_min, max(running_vm_count) AS running_vm_count_max,
  first(network_bytes_sent, time) FILTER (WHERE network_bytes_sent IS NOT NULL) AS network_bytes_sent_first,
    last(network_bytes_sent, time) FILTER (WHERE network_bytes_sent IS NOT NULL) AS network_bytes_sent_last,
  first(network_bytes_recv, time) FILTER (WHERE network_bytes_recv IS NOT NULL) AS network_bytes_recv_first,
    last(network_bytes_recv, time) FILTER (WHERE network_bytes_recv IS NOT NULL) AS network_bytes_recv_last
FROM "metric_data"."system_metrics"
GROUP BY node_id, time_bucket(INTERVAL '1 hour', time)
WITH NO DATA;
--> statement-breakpoint
-- Every minute, up to the newest sample. The window ends well before retention begins: dropping raw samples counts as a
-- change of their hours, and a refresh that reached them would empty the rollup.
SELECT add_continuous_aggregate_policy('metric_data.vm_metrics_hourly',
  start_offset => INTERVAL '80 days', end_offset => NULL, schedule_interval => INTERVAL '1 minute');
--> statement-breakpoint
SELECT add_continuous_aggregate_policy('metric_data.system_metrics_hourly',
  start_offset => INTERVAL '170 days', end_offset => NULL, schedule_interval => INTERVAL '1 minute');
--> statement-breakpoint
CREATE VIEW "vm_metrics" WITH (security_barrier = true) AS
SELECT * FROM "metric_data"."vm_metrics"
WHERE tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  OR (SELECT current_user = 'novacron_monitoring_system')
WITH CASCADED CHECK OPTION;
--> statement-breakpoint
CREATE VIEW "system_metrics" AS SELECT * FROM "metric_data"."system_metrics";
--> statement-breakpoint
CREATE VIEW "vm_metrics_hourly" WITH (security_barrier = true) AS
SELECT *,
  cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0) AS avg_cpu,
  memory_usage_bytes_max AS max_memory,
  (network_bytes_sent_last - CASE WHEN network_bytes_sent_last >= network_bytes_sent_first THEN network_bytes_sent_first ELSE 0 END)
    / nullif(extract(epoch FROM last_time - first_time)::double precision, 0) AS avg_network_sent
FROM "metric_data"."vm_metrics_hourly"
WHERE tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  OR (SELECT current_user = 'novacron_monitoring_system');
--> statement-breakpoint
CREATE VIEW "system_metrics_hourly" AS SELECT * FROM "metric_data"."system_metrics_hourly";
--> statement-breakpoint
CREATE FUNCTION "ensure_metric_partitions"("metrics" text, "from_time" timestamptz, "to_time" timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
-- TimescaleDB makes its chunks itself; what is left is to refuse the times that the native storage refuses.
BEGIN
  IF metrics IS NULL OR metrics NOT IN ('vm_metrics', 'system_metrics') THEN
    RAISE EXCEPTION 'there are no metrics called %', metrics USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF from_time IS NULL OR to_time IS NULL OR to_time < from_time OR to_time - from_time > interval '401 days'
    OR from_time < '2000-01-01 00:00:00+00' OR to_time > now() + interval '31 days' THEN
    RAISE EXCEPTION 'samples from % to % are out of range', from_time, to_time USING ERRCODE = 'invalid_parameter_value',
      HINT = 'At most 400 days at once, not before 2000 and not more than 31 days ahead.';
  END IF;
  RETURN 0;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "drop_metric_partitions"("metrics" text, "before_time" timestamptz, "max_partitions" integer DEFAULT 32)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
-- Drops the chunks that lie wholly before a time and in no held range, oldest first; returns how many.
DECLARE
  old record;
  dropped integer := 0;
BEGIN
  IF metrics IS NULL OR metrics NOT IN ('vm_metrics', 'system_metrics') THEN
    RAISE EXCEPTION 'there are no metrics called %', metrics USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR old IN
    SELECT range_start, range_end
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'metric_data' AND hypertable_name = metrics
      AND range_end <= before_time
      AND NOT EXISTS (SELECT FROM public.metric_retention_holds WHERE held_from < range_end AND held_to > range_start)
    ORDER BY range_start
    LIMIT max_partitions
  LOOP
    PERFORM drop_chunks(format('metric_data.%I', metrics)::regclass, older_than => old.range_end, newer_than => old.range_start);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "refresh_vm_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- TimescaleDB keeps its own record of changed hours and refreshes them by its policy, so there the marks have nothing to say.
-- Those of hours before the policy's window stay for "refresh_old_metric_hours".
DECLARE
  hours integer;
BEGIN
  WITH taken AS (
    DELETE FROM metric_dirty_hours d WHERE d.stream = 'vm' AND d.hour IN (
      SELECT DISTINCT hour FROM metric_dirty_hours WHERE stream = 'vm' AND hour >= now() - interval '80 days'
      ORDER BY hour DESC LIMIT max_hours)
    RETURNING d.hour
  ) SELECT count(DISTINCT hour)::int INTO hours FROM taken;
  RETURN hours;
END
$$;
--> statement-breakpoint
CREATE FUNCTION "refresh_system_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
-- TimescaleDB keeps its own record of changed hours and refreshes them by its policy, so there the marks have nothing to say.
-- Those of hours before the policy's window stay for "refresh_old_metric_hours".
DECLARE
  hours integer;
BEGIN
  WITH taken AS (
    DELETE FROM metric_dirty_hours d WHERE d.stream = 'system' AND d.hour IN (
      SELECT DISTINCT hour FROM metric_dirty_hours WHERE stream = 'system' AND hour >= now() - interval '170 days'
      ORDER BY hour DESC LIMIT max_hours)
    RETURNING d.hour
  ) SELECT count(DISTINCT hour)::int INTO hours FROM taken;
  RETURN hours;
END
$$;
--> statement-breakpoint
CREATE PROCEDURE "refresh_old_metric_hours"("job_id" integer, "config" jsonb) LANGUAGE plpgsql AS $$
-- Rolls up imported history, which the policies' windows do not reach: one marked day at a time. A refresh runs in transactions
-- of its own, so nothing may be open when it is called: hence the array instead of a loop over a query, and the commits.
DECLARE
  days timestamptz[];
  day timestamptz;
  marks bigint[];
  source text;
BEGIN
  FOREACH source IN ARRAY ARRAY['vm', 'system'] LOOP
    SELECT array_agg(DISTINCT date_trunc('day', hour, 'UTC')) INTO days FROM public.metric_dirty_hours
    WHERE stream = source AND hour < now() - CASE source WHEN 'vm' THEN interval '80 days' ELSE interval '170 days' END;
    FOREACH day IN ARRAY coalesce(days, '{}') LOOP
      SELECT array_agg(id) INTO marks FROM public.metric_dirty_hours
      WHERE stream = source AND date_trunc('day', hour, 'UTC') = day;
      COMMIT;
      CALL public.refresh_continuous_aggregate(
        CASE source WHEN 'vm' THEN 'metric_data.vm_metrics_hourly' ELSE 'metric_data.system_metrics_hourly' END::regclass,
        day, day + interval '1 day');
      DELETE FROM public.metric_dirty_hours WHERE id = ANY (marks);
      COMMIT;
    END LOOP;
  END LOOP;
END
$$;
--> statement-breakpoint
SELECT add_job('public.refresh_old_metric_hours', INTERVAL '5 minutes');
--> statement-breakpoint
REVOKE ALL ON FUNCTION "ensure_metric_partitions", "drop_metric_partitions", "refresh_vm_metrics_hourly",
  "refresh_system_metrics_hourly" FROM PUBLIC;
--> statement-breakpoint
REVOKE ALL ON PROCEDURE "refresh_old_metric_hours" FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "ensure_metric_partitions" TO "novacron_monitoring", "novacron_monitoring_system";
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "drop_metric_partitions", "refresh_vm_metrics_hourly", "refresh_system_metrics_hourly"
  TO "novacron_monitoring_system";
--> statement-breakpoint
-- Samples are facts: nobody changes or deletes one.
GRANT SELECT, INSERT ON "vm_metrics", "system_metrics" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT ON "vm_metrics_hourly", "system_metrics_hourly" TO "novacron_monitoring";
--> statement-breakpoint
GRANT SELECT ON "vm_metrics", "system_metrics", "vm_metrics_hourly", "system_metrics_hourly" TO "novacron_monitoring_system";
--> statement-breakpoint
INSERT INTO "metric_storage" ("engine", "extension_version")
SELECT 'timescale', extversion FROM pg_extension WHERE extname = 'timescaledb';
