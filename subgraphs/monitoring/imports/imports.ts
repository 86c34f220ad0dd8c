import type { Database, Scope } from "#db/client.ts";
import {
  advanceImport,
  beginImport as begin,
  commitWithoutFlush,
  endImport as end,
  findImport as find,
  type ImportProgress,
  type ImportSource,
  importsOf as ofDataset,
} from "#db/monitoring/import-writes.ts";
import { insertVmSamples, refreshVmLatest, type VmSampleColumns } from "#db/monitoring/sample-writes.ts";
import type { DatasetImportRow } from "#db/monitoring/schema/dataset-imports.ts";
import { readIn } from "#db/read-in.ts";

export type { DatasetImportRow, ImportSource };

/** Returns the import of a source; undefined when it was never begun. */
export const findImport = (
  database: Database,
  scope: Scope,
  source: ImportSource,
): Promise<DatasetImportRow | undefined> => readIn(database, scope, (tx) => find(tx, source));

/** Returns the imports of a data set, oldest first. */
export const importsOf = (database: Database, scope: Scope, dataset: string): Promise<DatasetImportRow[]> =>
  readIn(database, scope, (tx) => ofDataset(tx, dataset));

/** Records that the import of a source begins, from its first line. */
export const beginImport = (
  database: Database,
  scope: Scope,
  source: ImportSource & { shiftSeconds: number; keepTimes: boolean },
): Promise<void> => database.write(scope, (tx) => begin(tx, source));

export interface ImportBatch {
  samples: VmSampleColumns;
  /** How far the import has come with this batch. */
  progress: Omit<ImportProgress, "written">;
  /** Resolves when the batch before is committed. */
  previous: Promise<unknown>;
}

/**
 * Writes a batch of an import's samples and how far the import has come. Several batches may be written at once. Each commits only after the previous one, so
 * that the committed part is always the first part of the source. A crash may lose the last batches together with their progress: they are read again.
 * @returns how many samples were new
 */
export const writeBatch = (
  database: Database,
  scope: Scope,
  source: ImportSource,
  { samples, progress, previous }: ImportBatch,
): Promise<number> =>
  database.write(scope, async (tx) => {
    await commitWithoutFlush(tx);
    const written = samples.time.length === 0 ? 0 : await insertVmSamples(tx, samples);
    await previous;
    await advanceImport(tx, source, { ...progress, written });
    return written;
  });

/** Records how far an import has come whose samples were written before, in a transaction of their own. */
export const recordProgress = (
  database: Database,
  scope: Scope,
  source: ImportSource,
  progress: ImportProgress,
): Promise<void> => database.write(scope, (tx) => advanceImport(tx, source, progress));

/**
 * Records that an import has ended, and sets the last values of its VMs. Its commit flushes those of its batches to the disk.
 * @param vmIds the VMs whose last values are not set yet
 */
export const endImport = (
  database: Database,
  scope: Scope,
  source: ImportSource,
  status: "completed" | "interrupted",
  vmIds: readonly string[] = [],
): Promise<void> =>
  database.write(scope, async (tx) => {
    if (vmIds.length > 0) await refreshVmLatest(tx, vmIds);
    await end(tx, source, status);
  });
