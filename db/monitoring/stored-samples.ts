import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { columnName, type vmMetricColumns } from "./metric-columns.ts";
import { systemMetricsLatest } from "./schema/system-metrics-latest.ts";
import { vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmMetrics } from "./schema/vm-metrics.ts";

/** The metrics that imports and the demo fleet read back. */
const storedMetrics = [
  "cpuUsagePercent",
  "memoryUsageBytes",
  "memoryAvailableBytes",
  "networkBytesSent",
  "networkBytesRecv",
  "diskReadBytes",
  "diskWriteBytes",
] as const satisfies (keyof typeof vmMetricColumns)[];

export interface StoredSample extends Record<(typeof storedMetrics)[number], number | null> {
  vmId: string;
  /** Seconds since the epoch. */
  time: number;
}

const stored = sql.raw(
  [
    `vm_id as "vmId", extract(epoch from "time")::float8 as "time"`,
    ...storedMetrics.map((metric) => `${columnName(metric)} as "${metric}"`),
  ].join(", "),
);

const inWindow = statement<StoredSample>(
  () => sql`
    select ${stored} from ${vmMetrics} where ${ofTenant(vmMetrics.tenantId)}
      and vm_id = any(${sql.placeholder("vmIds")}::uuid[])
      and "time" > to_timestamp(${sql.placeholder("after")}::float8)
      and "time" <= to_timestamp(${sql.placeholder("to")}::float8)
    order by "time", vm_id`,
);

/** Returns the samples of a window (seconds since the epoch, `after` exclusive), oldest first. */
export const samplesBetween = (
  tx: Tx,
  window: { vmIds: readonly string[]; after: number; to: number },
): Promise<StoredSample[]> => tx.run(inWindow, { ...window, tenantId: tx.tenantId });

const lastBefore = statement<StoredSample>(
  () => sql`
    select sample.* from unnest(${sql.placeholder("vmIds")}::uuid[]) as wanted (id) cross join lateral (
      select ${stored} from ${vmMetrics} where vm_id = wanted.id
        and ${ofTenant(vmMetrics.tenantId)}
        and "time" <= to_timestamp(${sql.placeholder("to")}::float8)
      order by vm_metrics."time" desc limit 1) as sample`,
);

/** Returns the newest sample of each VM at or before a time. */
export const lastSamples = (tx: Tx, vmIds: readonly string[], to: number): Promise<StoredSample[]> =>
  tx.run(lastBefore, { vmIds, to, tenantId: tx.tenantId });

export interface HotSpell {
  vmId: string;
  first: Date;
  last: Date;
  peak: number;
  latest: number;
}

const hot = statement<HotSpell>(
  () => sql`
    select vm_id as "vmId", min("time") as first, max("time") as last, max(cpu_usage_percent) as peak,
      (array_agg(cpu_usage_percent order by "time" desc))[1] as latest
    from ${vmMetrics} where ${ofTenant(vmMetrics.tenantId)}
      and "time" > to_timestamp(${sql.placeholder("after")}::float8) and cpu_usage_percent > ${sql.placeholder("above")}::float8
    group by vm_id order by peak desc, vm_id limit 50`,
);

/** Returns the VMs whose CPU was above a percentage after a time, highest first. */
export const hotSpells = (tx: Tx, after: number, above: number): Promise<HotSpell[]> =>
  tx.run(hot, { after, above, tenantId: tx.tenantId });

const newest = statement<StoredSample>(
  () => sql`
    select ${stored} from ${vmMetricsLatest} where ${ofTenant(vmMetricsLatest.tenantId)}
      and vm_id = any(${sql.placeholder("vmIds")}::uuid[])`,
);

/** Returns the last value of each of these VMs that has one. */
export const latestSamples = (tx: Tx, vmIds: readonly string[]): Promise<StoredSample[]> =>
  tx.run(newest, { vmIds, tenantId: tx.tenantId });

export interface StoredNodeSample {
  nodeId: string;
  time: number;
  networkBytesSent: number | null;
  networkBytesRecv: number | null;
}

const newestOfNodes = statement<StoredNodeSample>(
  () => sql`
    select node_id as "nodeId", extract(epoch from "time")::float8 as "time", network_bytes_sent as "networkBytesSent",
      network_bytes_recv as "networkBytesRecv"
    from ${systemMetricsLatest} where node_id = any(${sql.placeholder("nodeIds")}::uuid[])`,
);

export const latestNodeSamples = (tx: Tx, nodeIds: readonly string[]): Promise<StoredNodeSample[]> =>
  tx.run(newestOfNodes, { nodeIds });
