-- By how much each counter grew in its hour. First and last value alone do not show a reset after which the counter climbed
-- back above its first value.
ALTER TABLE "system_metrics_hourly" ADD COLUMN "network_bytes_sent_growth" bigint;
--> statement-breakpoint
ALTER TABLE "system_metrics_hourly" ADD COLUMN "network_bytes_recv_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "network_bytes_sent_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "network_bytes_recv_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "network_packets_sent_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "network_packets_recv_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "disk_read_bytes_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "disk_write_bytes_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "disk_read_ops_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "disk_write_ops_growth" bigint;
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" drop column "avg_network_sent";
--> statement-breakpoint
ALTER TABLE "vm_metrics_hourly" ADD COLUMN "avg_network_sent" double precision GENERATED ALWAYS AS (coalesce(network_bytes_sent_growth, network_bytes_sent_last - case when network_bytes_sent_last >= network_bytes_sent_first then network_bytes_sent_first else 0 end) / nullif(extract(epoch from last_time - first_time)::double precision, 0)) STORED;
--> statement-breakpoint
CREATE FUNCTION "counter_growth"("counts" bigint[]) RETURNS bigint
LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
-- By how much a counter grew over its values in order of time: one that went down was reset, and shows what it counted since.
SELECT coalesce(sum(later - CASE WHEN later >= earlier THEN earlier ELSE 0 END), 0)::bigint
FROM unnest(counts[:cardinality(counts) - 1], counts[2:]) AS pair (earlier, later)
$$;
--> statement-breakpoint
-- Walking through the values of every counter doubles what a rollup costs, so it is done only where the lowest value is not the first
-- or the highest not the last. That leaves out one case: a counter that began to count shortly before the first sample of its
-- hour, was reset, and showed more than that first sample at the next one.
CREATE OR REPLACE FUNCTION "refresh_vm_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
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
      array_agg(m.disk_write_ops ORDER BY m.time) FILTER (WHERE m.disk_write_ops IS NOT NULL) AS disk_write_ops,
      min(m.network_bytes_sent) AS network_bytes_sent_min, max(m.network_bytes_sent) AS network_bytes_sent_max,
      min(m.network_bytes_recv) AS network_bytes_recv_min, max(m.network_bytes_recv) AS network_bytes_recv_max,
      min(m.network_packets_sent) AS network_packets_sent_min, max(m.network_packets_sent) AS network_packets_sent_max,
      min(m.network_packets_recv) AS network_packets_recv_min, max(m.network_packets_recv) AS network_packets_recv_max,
      min(m.disk_read_bytes) AS disk_read_bytes_min, max(m.disk_read_bytes) AS disk_read_bytes_max,
      min(m.disk_write_bytes) AS disk_write_bytes_min, max(m.disk_write_bytes) AS disk_write_bytes_max,
      min(m.disk_read_ops) AS disk_read_ops_min, max(m.disk_read_ops) AS disk_read_ops_max,
      min(m.disk_write_ops) AS disk_write_ops_min, max(m.disk_write_ops) AS disk_write_ops_max
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
      disk_read_ops_last, disk_write_ops_first, disk_write_ops_last,
      network_bytes_sent_growth, network_bytes_recv_growth,
      network_packets_sent_growth, network_packets_recv_growth,
      disk_read_bytes_growth, disk_write_bytes_growth,
      disk_read_ops_growth, disk_write_ops_growth)
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
      disk_write_ops[1], disk_write_ops[cardinality(disk_write_ops)],
      CASE WHEN network_bytes_sent_min = network_bytes_sent[1] AND network_bytes_sent_max = network_bytes_sent[cardinality(network_bytes_sent)]
        THEN network_bytes_sent_max - network_bytes_sent_min ELSE counter_growth(network_bytes_sent) END,
      CASE WHEN network_bytes_recv_min = network_bytes_recv[1] AND network_bytes_recv_max = network_bytes_recv[cardinality(network_bytes_recv)]
        THEN network_bytes_recv_max - network_bytes_recv_min ELSE counter_growth(network_bytes_recv) END,
      CASE WHEN network_packets_sent_min = network_packets_sent[1] AND network_packets_sent_max = network_packets_sent[cardinality(network_packets_sent)]
        THEN network_packets_sent_max - network_packets_sent_min ELSE counter_growth(network_packets_sent) END,
      CASE WHEN network_packets_recv_min = network_packets_recv[1] AND network_packets_recv_max = network_packets_recv[cardinality(network_packets_recv)]
        THEN network_packets_recv_max - network_packets_recv_min ELSE counter_growth(network_packets_recv) END,
      CASE WHEN disk_read_bytes_min = disk_read_bytes[1] AND disk_read_bytes_max = disk_read_bytes[cardinality(disk_read_bytes)]
        THEN disk_read_bytes_max - disk_read_bytes_min ELSE counter_growth(disk_read_bytes) END,
      CASE WHEN disk_write_bytes_min = disk_write_bytes[1] AND disk_write_bytes_max = disk_write_bytes[cardinality(disk_write_bytes)]
        THEN disk_write_bytes_max - disk_write_bytes_min ELSE counter_growth(disk_write_bytes) END,
      CASE WHEN disk_read_ops_min = disk_read_ops[1] AND disk_read_ops_max = disk_read_ops[cardinality(disk_read_ops)]
        THEN disk_read_ops_max - disk_read_ops_min ELSE counter_growth(disk_read_ops) END,
      CASE WHEN disk_write_ops_min = disk_write_ops[1] AND disk_write_ops_max = disk_write_ops[cardinality(disk_write_ops)]
        THEN disk_write_ops_max - disk_write_ops_min ELSE counter_growth(disk_write_ops) END
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
      disk_write_ops_last = excluded.disk_write_ops_last,
      network_bytes_sent_growth = excluded.network_bytes_sent_growth,
      network_bytes_recv_growth = excluded.network_bytes_recv_growth,
      network_packets_sent_growth = excluded.network_packets_sent_growth,
      network_packets_recv_growth = excluded.network_packets_recv_growth,
      disk_read_bytes_growth = excluded.disk_read_bytes_growth,
      disk_write_bytes_growth = excluded.disk_write_bytes_growth,
      disk_read_ops_growth = excluded.disk_read_ops_growth,
      disk_write_ops_growth = excluded.disk_write_ops_growth
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
CREATE OR REPLACE FUNCTION "refresh_system_metrics_hourly"("max_hours" integer DEFAULT 48) RETURNS integer
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
      array_agg(m.network_bytes_recv ORDER BY m.time) FILTER (WHERE m.network_bytes_recv IS NOT NULL) AS network_bytes_recv,
      min(m.network_bytes_sent) AS network_bytes_sent_min, max(m.network_bytes_sent) AS network_bytes_sent_max,
      min(m.network_bytes_recv) AS network_bytes_recv_min, max(m.network_bytes_recv) AS network_bytes_recv_max
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
      network_bytes_recv_first, network_bytes_recv_last,
      network_bytes_sent_growth, network_bytes_recv_growth)
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
      network_bytes_recv[1], network_bytes_recv[cardinality(network_bytes_recv)],
      CASE WHEN network_bytes_sent_min = network_bytes_sent[1] AND network_bytes_sent_max = network_bytes_sent[cardinality(network_bytes_sent)]
        THEN network_bytes_sent_max - network_bytes_sent_min ELSE counter_growth(network_bytes_sent) END,
      CASE WHEN network_bytes_recv_min = network_bytes_recv[1] AND network_bytes_recv_max = network_bytes_recv[cardinality(network_bytes_recv)]
        THEN network_bytes_recv_max - network_bytes_recv_min ELSE counter_growth(network_bytes_recv) END
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
      network_bytes_recv_last = excluded.network_bytes_recv_last,
      network_bytes_sent_growth = excluded.network_bytes_sent_growth,
      network_bytes_recv_growth = excluded.network_bytes_recv_growth
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
REVOKE ALL ON FUNCTION "counter_growth" FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "counter_growth" TO "novacron_monitoring_system";
