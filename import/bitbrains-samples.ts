import { basename } from "node:path";
import type { WriteTx } from "#db/client.ts";
import { refreshHourly } from "#db/monitoring/hourly-rollup.ts";
import { advanceImport, commitWithoutFlush, endImport } from "#db/monitoring/import-writes.ts";
import { ensureMetricRange, holdRange } from "#db/monitoring/metric-ranges.ts";
import { insertVmSamples } from "#db/monitoring/sample-writes.ts";
import type { BitbrainsRun } from "./bitbrains-run.ts";
import { BatchColumns, type Sample, type TraceReader } from "./bitbrains-trace.ts";
import { writeVms } from "./bitbrains-vm.ts";
import { ImportError, readLines } from "./csv.ts";
import type { FleetDatabases } from "./fleet.ts";

export interface SampleOptions {
  keepTimes: boolean;
  now: Date;
  /** Receives the number of processed lines. */
  progress: (done: number, last?: boolean) => void;
  /** The number of samples in one transaction. */
  batchSize?: number;
  /** Ends the import after the current write. */
  signal?: AbortSignal;
}

/** About as many samples as two days of the week's fleet. */
const batchesPerRollup = 20;

/**
 * Continues to parse while batches are written on two connections. A batch commits only after the previous one, so that the committed part is always a prefix
 * of the file, however the program ends.
 */
export async function readAndWrite(
  dbs: FleetDatabases,
  file: string,
  run: BitbrainsRun,
  reader: TraceReader,
  options: SampleOptions,
): Promise<{ written: number; failure: unknown }> {
  const { batchSize = 10_000, signal, keepTimes, progress, now } = options;
  const { tenantId } = run;
  let written = 0;
  let failure: unknown;
  let batch = new BatchColumns(run.shiftSeconds);
  let committed: Promise<void> = Promise.resolve();
  const inFlight: Promise<void>[] = [];
  const days = new Set<number>();
  const knownVms = new Set<string>();

  let rolling: Promise<unknown> | undefined;
  let unrolled = 0;
  // Complete hours are rolled up while later ones are read. The roll-up at the end repeats what fails here.
  const rollUpConcurrently = () => {
    unrolled += 1;
    if (rolling || unrolled < batchesPerRollup || !dbs.monitoringJobs) return;
    unrolled = 0;
    rolling = dbs.monitoringJobs
      .write({ tenantId }, (tx) => refreshHourly(tx, "vm"))
      .catch(() => undefined)
      .finally(() => (rolling = undefined));
  };

  const send = async () => {
    const full = batch;
    const linesDone = reader.linesRead;
    const { count: rejected } = reader.rejections;
    const { start: traceStart, end: traceEnd } = reader;
    batch = new BatchColumns(run.shiftSeconds);
    const fresh = [...reader.vms.values()].filter(({ id }) => !knownVms.has(id));
    if (fresh.length > 0) {
      for (const { id } of fresh) knownVms.add(id);
      await writeVms(dbs, run, fresh, now);
    }
    // In transactions of their own: they may wait for another program that creates the same partition.
    await makeRoom(dbs, run, full, days, keepTimes);
    const previous = committed;
    const mine = dbs.monitoring.write({ tenantId }, async (tx: WriteTx) => {
      await commitWithoutFlush(tx);
      const count = full.length === 0 ? 0 : await insertVmSamples(tx, full.columns());
      await previous;
      await advanceImport(tx, run.source, { linesDone, written: count, rejected, traceStart, traceEnd });
      return count;
    });
    committed = mine.then((count) => {
      written += count;
      progress(linesDone);
      rollUpConcurrently();
    });
    // Awaited when its turn comes; until then, a failure must not count as unhandled.
    committed.catch(() => undefined);
    inFlight.push(committed);
    if (inFlight.length >= 2) await inFlight.shift();
  };

  try {
    for await (const { lines, first } of readLines(file)) {
      for (let at = 0; at < lines.length; at++) {
        const line = first + at;
        const sample: Sample | undefined = reader.read(lines[at] as string, line);
        if (sample && line > run.linesDone) {
          batch.push(sample);
          if (batch.length >= batchSize) {
            await send();
            if (signal?.aborted) throw interrupted(file, line);
          }
        }
      }
      if (signal?.aborted) throw interrupted(file, first + lines.length - 1);
    }
  } catch (error) {
    failure = error;
  }
  try {
    // The parsed part of a truncated file is worth keeping. After a failed batch, nothing more is written.
    if (failure === undefined || failure instanceof ImportError) await send();
    for (const sent of inFlight) await sent;
    progress(reader.linesRead, true);
  } catch (error) {
    failure ??= error;
  }
  await Promise.allSettled(inFlight);
  await rolling;
  if (failure !== undefined && !(failure instanceof ImportError)) {
    await dbs.monitoring.write({ tenantId }, (tx) => endImport(tx, run.source, "interrupted")).catch(() => undefined);
    throw failure;
  }
  return { written, failure };
}

const interrupted = (file: string, line: number) =>
  new ImportError(
    "IMPORT_INTERRUPTED",
    `The import of ${basename(file)} was stopped at line ${line}; the same command goes on from there.`,
  );

const daySeconds = 86_400;

async function makeRoom(
  dbs: FleetDatabases,
  run: BitbrainsRun,
  batch: BatchColumns,
  days: Set<number>,
  keepTimes: boolean,
) {
  const { tenantId, source } = run;
  for (const day of batch.days()) {
    if (days.has(day)) continue;
    days.add(day);
    const from = day * daySeconds;
    await dbs.monitoring.write({ tenantId }, async (tx) => {
      // Held before the samples are written, so that retention never finds them without their hold.
      if (keepTimes) {
        await holdRange(tx, {
          dataset: source.dataset,
          from,
          to: from + daySeconds,
          reason: "imported with its own times",
        });
      }
      await ensureMetricRange(tx, "vm_metrics", { from, to: from + daySeconds - 1 });
    });
  }
}
