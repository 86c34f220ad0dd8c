import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { datasetImportChanges } from "./changes.ts";
import { type DatasetImportRow, datasetImports } from "./schema/dataset-imports.ts";

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
        started_at = now(), finished_at = null, ${countedWrite(datasetImports)}
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
      status = 'running', ${countedWrite(datasetImports)}
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
    update ${datasetImports} set status = ${sql.placeholder("status")}::dataset_import_status_enum, ${countedWrite(datasetImports)},
      finished_at = case when ${sql.placeholder("status")} = 'completed' then now() end
    where ${ofTenant(datasetImports.tenantId)} and dataset = ${sql.placeholder("dataset")}
      and source_fingerprint = ${sql.placeholder("sourceFingerprint")} returning ${changeColumns(datasetImportChanges)}`,
);

export async function endImport(tx: WriteTx, source: ImportSource, status: "completed" | "interrupted"): Promise<void> {
  const written = await tx.run(finish, { ...source, status, tenantId: tx.tenantId });
  await append(tx, changeEvents(datasetImportChanges, written, "updated"));
}
