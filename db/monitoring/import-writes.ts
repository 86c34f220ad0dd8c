import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { datasetImportChanges } from "./changes.ts";
import { type DatasetImportRow, datasetImports } from "./schema/dataset-imports.ts";
import { metricRetentionHolds } from "./schema/metric-retention-holds.ts";
import { systemMetricsLatest } from "./schema/system-metrics-latest.ts";
import { vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmMetrics } from "./schema/vm-metrics.ts";

export interface ImportSource {
  dataset: string;
  /** The hash of the first part of the unpacked file. */
  sourceFingerprint: string;
}

const select = () => sql`select ${selectList({ table: datasetImports })} from ${datasetImports}
  where ${ofTenant(datasetImports.tenantId)}`;

const bySource = statement<DatasetImportRow>(
  () =>
    sql`${select()} and dataset = ${sql.placeholder("dataset")} and source_fingerprint = ${sql.placeholder("sourceFingerprint")}`,
);
const byDataset = statement<DatasetImportRow>(
  () => sql`${select()} and dataset = ${sql.placeholder("dataset")} order by started_at`,
);

export async function findImport(tx: Tx, source: ImportSource): Promise<DatasetImportRow | undefined> {
  return (await tx.run(bySource, { ...source, tenantId: tx.tenantId }))[0];
}

/** Returns the imports of a data set, oldest first. */
export const importsOf = (tx: Tx, dataset: string): Promise<DatasetImportRow[]> =>
  tx.run(byDataset, { dataset, tenantId: tx.tenantId });

const begin = statement<ChangedRow>(
  () => sql`
    insert into ${datasetImports} (tenant_id, dataset, source_fingerprint, shift_seconds, keep_times)
    values (${sql.placeholder("tenantId")}::uuid, ${sql.placeholder("dataset")}, ${sql.placeholder("sourceFingerprint")},
      ${sql.placeholder("shiftSeconds")}::bigint, ${sql.placeholder("keepTimes")}::boolean)
    on conflict (tenant_id, dataset, source_fingerprint) do update
      set shift_seconds = excluded.shift_seconds, keep_times = excluded.keep_times, status = 'running',
        lines_done = 0, rows_written = 0, rows_rejected = 0, trace_start = null, trace_end = null,
        started_at = now(), updated_at = now(), finished_at = null
    returning ${changeColumns(datasetImportChanges)}`,
);

/** Records that the import of a source begins, from its first line. */
export async function beginImport(
  tx: WriteTx,
  source: ImportSource & { shiftSeconds: number; keepTimes: boolean },
): Promise<void> {
  const written = await tx.run(begin, { ...source, shiftSeconds: String(source.shiftSeconds), tenantId: tx.tenantId });
  await append(tx, changeEvents(datasetImportChanges, written));
}

export interface ImportProgress {
  linesDone: number;
  /** The number of samples written by the batch of this transaction. */
  written: number;
  rejected: number;
  traceStart: number | undefined;
  traceEnd: number | undefined;
}

const advance = statement<ChangedRow>(
  () => sql`
    update ${datasetImports} set lines_done = ${sql.placeholder("linesDone")}::bigint,
      rows_written = rows_written + ${sql.placeholder("written")}::bigint,
      rows_rejected = ${sql.placeholder("rejected")}::bigint,
      trace_start = coalesce(to_timestamp(${sql.placeholder("traceStart")}::float8), trace_start),
      trace_end = coalesce(to_timestamp(${sql.placeholder("traceEnd")}::float8), trace_end),
      status = 'running', updated_at = now()
    where ${ofTenant(datasetImports.tenantId)} and dataset = ${sql.placeholder("dataset")}
      and source_fingerprint = ${sql.placeholder("sourceFingerprint")} returning ${changeColumns(datasetImportChanges)}`,
);

export async function advanceImport(tx: WriteTx, source: ImportSource, progress: ImportProgress): Promise<void> {
  const written = await tx.run(advance, {
    ...source,
    linesDone: String(progress.linesDone),
    written: String(progress.written),
    rejected: String(progress.rejected),
    traceStart: progress.traceStart ?? null,
    traceEnd: progress.traceEnd ?? null,
    tenantId: tx.tenantId,
  });
  await append(tx, changeEvents(datasetImportChanges, written, "updated"));
}

const unflushed = statement<never>(() => sql`select set_config('synchronous_commit', 'off', true)`);

/**
 * Lets this transaction's commit return before it is on disk. It is for batches of an import. After a crash, the last batches may be missing together with
 * their recorded progress, and are read again. The import's last commit flushes all earlier ones to disk.
 */
export async function commitWithoutFlush(tx: WriteTx): Promise<void> {
  await tx.run(unflushed);
}

const finish = statement<ChangedRow>(
  () => sql`
    update ${datasetImports} set status = ${sql.placeholder("status")}::dataset_import_status_enum, updated_at = now(),
      finished_at = case when ${sql.placeholder("status")} = 'completed' then now() end
    where ${ofTenant(datasetImports.tenantId)} and dataset = ${sql.placeholder("dataset")}
      and source_fingerprint = ${sql.placeholder("sourceFingerprint")} returning ${changeColumns(datasetImportChanges)}`,
);

export async function endImport(tx: WriteTx, source: ImportSource, status: "completed" | "interrupted"): Promise<void> {
  const written = await tx.run(finish, { ...source, status, tenantId: tx.tenantId });
  await append(tx, changeEvents(datasetImportChanges, written, "updated"));
}

const hold = statement<{ id: string }>(
  () => sql`
    insert into ${metricRetentionHolds} (dataset, held_from, held_to, reason)
    values (${sql.placeholder("dataset")}, to_timestamp(${sql.placeholder("from")}::float8),
      to_timestamp(${sql.placeholder("to")}::float8), ${sql.placeholder("reason")})
    on conflict (dataset, held_from, held_to) do nothing returning id`,
);

/** Prevents retention from dropping a range (seconds since the epoch, `to` exclusive). */
export async function holdRange(tx: WriteTx, range: { dataset: string; from: number; to: number; reason: string }) {
  await tx.run(hold, range);
}

const ensure = statement<{ made: number }>(
  () => sql`
    select ensure_metric_partitions(${sql.placeholder("metrics")}::text, to_timestamp(${sql.placeholder("from")}::float8),
      to_timestamp(${sql.placeholder("to")}::float8)) as made`,
);

/**
 * Creates partitions for samples of a range (seconds since the epoch). Call it in a transaction of its own before the samples are written: it may wait for
 * another program that does the same.
 */
export async function ensureMetricRange(
  tx: WriteTx,
  metrics: "vm_metrics" | "system_metrics",
  range: { from: number; to: number },
): Promise<void> {
  await tx.run(ensure, { metrics, ...range });
}

const rollup = {
  vm: statement<{ hours: number }>(() => sql`select refresh_vm_metrics_hourly(24) as hours`),
  system: statement<{ hours: number }>(() => sql`select refresh_system_metrics_hourly(24) as hours`),
};

/**
 * A fresh partition has no statistics. Without them, the planner reads all samples for every hour instead of finding the hour's samples by index: six times
 * slower after an import. For a large fleet, some hours are sorted in memory.
 */
const byIndex = statement<never>(
  () => sql`select set_config('enable_mergejoin', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('work_mem', '64MB', true)`,
);

/** Rolls up marked hours, some at a time; only for the system role. Returns how many hours, 0 when all are done. */
export async function refreshHourly(tx: WriteTx, stream: "vm" | "system"): Promise<number> {
  await tx.run(byIndex);
  return (await tx.run(rollup[stream]))[0]?.hours ?? 0;
}

export interface StoredSample {
  vmId: string;
  time: number;
  cpuUsagePercent: number | null;
  memoryUsageBytes: number | null;
  memoryAvailableBytes: number | null;
  networkBytesSent: number | null;
  networkBytesRecv: number | null;
  diskReadBytes: number | null;
  diskWriteBytes: number | null;
}

const sampleColumns = sql`vm_id as "vmId", extract(epoch from "time")::float8 as "time",
  cpu_usage_percent as "cpuUsagePercent", memory_usage_bytes as "memoryUsageBytes",
  memory_available_bytes as "memoryAvailableBytes", network_bytes_sent as "networkBytesSent",
  network_bytes_recv as "networkBytesRecv", disk_read_bytes as "diskReadBytes", disk_write_bytes as "diskWriteBytes"`;

const inWindow = statement<StoredSample>(
  () => sql`
    select ${sampleColumns} from ${vmMetrics} where ${ofTenant(vmMetrics.tenantId)}
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
      select ${sampleColumns} from ${vmMetrics} where vm_id = wanted.id
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

const tryLock = statement<{ locked: boolean }>(
  () => sql`select pg_try_advisory_xact_lock(hashtextextended(${sql.placeholder("name")}, 0)) as locked`,
);

/** Acquires a name until this transaction ends. Returns false when another transaction holds it. */
export async function lockName(tx: WriteTx, name: string): Promise<boolean> {
  return (await tx.run(tryLock, { name }))[0]?.locked === true;
}

const newest = statement<StoredSample>(
  () => sql`
    select ${sampleColumns} from ${vmMetricsLatest} where ${ofTenant(vmMetricsLatest.tenantId)}
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
