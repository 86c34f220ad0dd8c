import { sql } from "drizzle-orm";
import { bigint, doublePrecision, integer, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { systemPolicy, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";

const whole = (name: string) => bigint(name, { mode: "number" });

/**
 * One row per VM and hour (UTC), recomputed from the raw samples of hours that got new ones, and kept when the raw samples are dropped. For a gauge it keeps n,
 * sum, min and max of the samples that had it. For a counter it keeps the first and the last value and the growth in between, resets included. Growth is null
 * in hours that were rolled up before the column existed; there, a reset is visible only when the last value is below the first.
 *
 * On TimescaleDB this is a view over a continuous aggregate with the same columns. Growth is always null in that view.
 */
export const vmMetricsHourly = pgTable(
  "vm_metrics_hourly",
  {
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    hour: timestamptz("hour").notNull(),
    sampleCount: integer("sample_count").notNull(),
    firstTime: timestamptz("first_time").notNull(),
    lastTime: timestamptz("last_time").notNull(),
    cpuUsagePercentN: integer("cpu_usage_percent_n").notNull(),
    cpuUsagePercentSum: doublePrecision("cpu_usage_percent_sum"),
    cpuUsagePercentMin: doublePrecision("cpu_usage_percent_min"),
    cpuUsagePercentMax: doublePrecision("cpu_usage_percent_max"),
    memoryUsageBytesN: integer("memory_usage_bytes_n").notNull(),
    memoryUsageBytesSum: doublePrecision("memory_usage_bytes_sum"),
    memoryUsageBytesMin: whole("memory_usage_bytes_min"),
    memoryUsageBytesMax: whole("memory_usage_bytes_max"),
    memoryAvailableBytesN: integer("memory_available_bytes_n").notNull(),
    memoryAvailableBytesSum: doublePrecision("memory_available_bytes_sum"),
    memoryAvailableBytesMin: whole("memory_available_bytes_min"),
    memoryAvailableBytesMax: whole("memory_available_bytes_max"),
    diskUsageBytesN: integer("disk_usage_bytes_n").notNull(),
    diskUsageBytesSum: doublePrecision("disk_usage_bytes_sum"),
    diskUsageBytesMin: whole("disk_usage_bytes_min"),
    diskUsageBytesMax: whole("disk_usage_bytes_max"),
    diskAvailableBytesN: integer("disk_available_bytes_n").notNull(),
    diskAvailableBytesSum: doublePrecision("disk_available_bytes_sum"),
    diskAvailableBytesMin: whole("disk_available_bytes_min"),
    diskAvailableBytesMax: whole("disk_available_bytes_max"),
    loadAverageN: integer("load_average_n").notNull(),
    loadAverageSum: doublePrecision("load_average_sum"),
    loadAverageMin: doublePrecision("load_average_min"),
    loadAverageMax: doublePrecision("load_average_max"),
    processCountN: integer("process_count_n").notNull(),
    processCountSum: doublePrecision("process_count_sum"),
    processCountMin: integer("process_count_min"),
    processCountMax: integer("process_count_max"),
    temperatureCelsiusN: integer("temperature_celsius_n").notNull(),
    temperatureCelsiusSum: doublePrecision("temperature_celsius_sum"),
    temperatureCelsiusMin: doublePrecision("temperature_celsius_min"),
    temperatureCelsiusMax: doublePrecision("temperature_celsius_max"),
    networkBytesSentFirst: whole("network_bytes_sent_first"),
    networkBytesSentLast: whole("network_bytes_sent_last"),
    networkBytesRecvFirst: whole("network_bytes_recv_first"),
    networkBytesRecvLast: whole("network_bytes_recv_last"),
    networkPacketsSentFirst: whole("network_packets_sent_first"),
    networkPacketsSentLast: whole("network_packets_sent_last"),
    networkPacketsRecvFirst: whole("network_packets_recv_first"),
    networkPacketsRecvLast: whole("network_packets_recv_last"),
    diskReadBytesFirst: whole("disk_read_bytes_first"),
    diskReadBytesLast: whole("disk_read_bytes_last"),
    diskWriteBytesFirst: whole("disk_write_bytes_first"),
    diskWriteBytesLast: whole("disk_write_bytes_last"),
    diskReadOpsFirst: whole("disk_read_ops_first"),
    diskReadOpsLast: whole("disk_read_ops_last"),
    diskWriteOpsFirst: whole("disk_write_ops_first"),
    diskWriteOpsLast: whole("disk_write_ops_last"),
    networkBytesSentGrowth: whole("network_bytes_sent_growth"),
    networkBytesRecvGrowth: whole("network_bytes_recv_growth"),
    networkPacketsSentGrowth: whole("network_packets_sent_growth"),
    networkPacketsRecvGrowth: whole("network_packets_recv_growth"),
    diskReadBytesGrowth: whole("disk_read_bytes_growth"),
    diskWriteBytesGrowth: whole("disk_write_bytes_growth"),
    diskReadOpsGrowth: whole("disk_read_ops_growth"),
    diskWriteOpsGrowth: whole("disk_write_ops_growth"),
    /** The seed's name; percent. */
    avgCpu: doublePrecision("avg_cpu").generatedAlwaysAs(sql`cpu_usage_percent_sum / nullif(cpu_usage_percent_n, 0)`),
    /** The seed's name; bytes. */
    maxMemory: whole("max_memory").generatedAlwaysAs(sql`memory_usage_bytes_max`),
    /** The seed's name. Bytes per second over the hour's samples: the column is a counter, whose average means nothing. */
    avgNetworkSent: doublePrecision("avg_network_sent").generatedAlwaysAs(
      sql`coalesce(network_bytes_sent_growth, network_bytes_sent_last - case when network_bytes_sent_last >= network_bytes_sent_first then network_bytes_sent_first else 0 end) / nullif(extract(epoch from last_time - first_time)::double precision, 0)`,
    ),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.vmId, table.hour] }),
    tenantPolicy("monitoring", table.tenantId),
    systemPolicy("monitoring"),
  ],
);

export type VmMetricHourlyRow = typeof vmMetricsHourly.$inferSelect;
