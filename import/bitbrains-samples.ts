import { basename } from "node:path";
import { endImport, writeBatch } from "#subgraphs/monitoring/imports/imports.ts";
import { makeHeldRoom, makeRoom } from "#subgraphs/monitoring/metrics/make-room.ts";
import { rollUpSome } from "#subgraphs/monitoring/metrics/roll-up.ts";
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
    rolling = rollUpSome(dbs.monitoringJobs, { tenantId }, "vm")
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
    await makeRoomFor(dbs, run, full, days, keepTimes);
    const mine = writeBatch(dbs.monitoring, { tenantId }, run.source, {
      samples: full.columns(),
      progress: { linesDone, rejected, traceStart, traceEnd },
      previous: committed,
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
    await endImport(dbs.monitoring, { tenantId }, run.source, "interrupted").catch(() => undefined);
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

async function makeRoomFor(
  { monitoring }: FleetDatabases,
  { tenantId, source: { dataset } }: BitbrainsRun,
  batch: BatchColumns,
  days: Set<number>,
  keepTimes: boolean,
): Promise<void> {
  for (const day of batch.days()) {
    if (days.has(day)) continue;
    days.add(day);
    const [from, to] = [day * daySeconds, (day + 1) * daySeconds];
    if (keepTimes)
      await makeHeldRoom(monitoring, { tenantId }, { from, to }, { dataset, reason: "imported with its own times" });
    else await makeRoom(monitoring, { tenantId }, ["vm_metrics"], { from, to: to - 1 });
  }
}
