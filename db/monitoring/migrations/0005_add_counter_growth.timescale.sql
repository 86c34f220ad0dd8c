-- A continuous aggregate takes no new columns and sees no neighbouring rows: growth stays unknown here, and readers derive it from the
-- first and last value.
CREATE OR REPLACE VIEW "vm_metrics_hourly" WITH (security_barrier = true) AS
SELECT *,
  cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0) AS avg_cpu,
  memory_usage_bytes_max AS max_memory,
  (network_bytes_sent_last - CASE WHEN network_bytes_sent_last >= network_bytes_sent_first THEN network_bytes_sent_first ELSE 0 END)
    / nullif(extract(epoch FROM last_time - first_time)::double precision, 0) AS avg_network_sent,
  NULL::bigint AS network_bytes_sent_growth,
  NULL::bigint AS network_bytes_recv_growth,
  NULL::bigint AS network_packets_sent_growth,
  NULL::bigint AS network_packets_recv_growth,
  NULL::bigint AS disk_read_bytes_growth,
  NULL::bigint AS disk_write_bytes_growth,
  NULL::bigint AS disk_read_ops_growth,
  NULL::bigint AS disk_write_ops_growth
FROM "metric_data"."vm_metrics_hourly"
WHERE tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  OR (SELECT current_user = 'novacron_monitoring_system');
--> statement-breakpoint
CREATE OR REPLACE VIEW "system_metrics_hourly" AS
SELECT *,
  NULL::bigint AS network_bytes_sent_growth,
  NULL::bigint AS network_bytes_recv_growth
FROM "metric_data"."system_metrics_hourly";
