import { basename } from "node:path";
import { beginImport, endImport, findImport } from "#subgraphs/monitoring/imports/imports.ts";
import { rollUp } from "#subgraphs/monitoring/metrics/roll-up.ts";
import { importedId } from "#lib/uuid.ts";
import { type BitbrainsRun, lastTime, shiftOf } from "./bitbrains-run.ts";
import { readAndWrite } from "./bitbrains-samples.ts";
import { bitbrainsHeader, TraceReader } from "./bitbrains-trace.ts";
import { bitbrainsDataset, writeVms } from "./bitbrains-vm.ts";
import { ImportError, sourceFiles, survey } from "./csv.ts";
import { type FleetDatabases, type ImportOptions, progressOf } from "./fleet.ts";
import { writeHistory } from "./generated-history.ts";
import { ensurePeople } from "./people.ts";
import { placeVms } from "./place-vms.ts";
import { writeTwins } from "./provider-twins.ts";

export interface BitbrainsOptions extends ImportOptions {
  /** Whether the trace keeps its own times. Retention then holds them. */
  keepTimes?: boolean;
  /** The number of samples in one transaction. */
  batchSize?: number;
}

export interface BitbrainsResult {
  file: string;
  /** The number of VMs of the whole fleet of this file. */
  vms: number;
  /** Samples that are new in this run. */
  samplesWritten: number;
  linesRead: number;
  rejected: number;
  rejections: string[];
  /** Lines that repeat a VM and time. */
  repeats: number;
  shiftSeconds: number;
  /** First and last time in the database, ISO 8601. */
  from: string | null;
  to: string | null;
  placed: number;
  truncated: boolean;
  seconds: number;
  samplesPerSecond: number;
}

/**
 * Imports a sample file of the Bitbrains trace: its VMs, their samples, and the other data that the fleet needs. Rates become counters. Importing a file again
 * changes nothing; an interrupted run resumes after the last committed batch.
 * @throws ImportError IMPORT_SOURCE_TRUNCATED or IMPORT_INTERRUPTED, after what was read has been committed
 */
export async function importBitbrains(
  dbs: FleetDatabases,
  path: string,
  options: BitbrainsOptions,
): Promise<BitbrainsResult> {
  const started = performance.now();
  const { tenant, now = new Date(), keepTimes = false } = options;
  const tenantId = tenant.id;
  const [file] = await sourceFiles(path, /^(week|day).*\.csv(\.gz)?$/);
  if (!file) throw new ImportError("IMPORT_SOURCE_MISSING", `${path} holds no sample file.`);
  const look = await survey(file, bitbrainsHeader);
  const source = { dataset: bitbrainsDataset, sourceFingerprint: look.fingerprint };
  const before = await findImport(dbs.monitoring, { tenantId }, source);
  if (before && before.keepTimes !== keepTimes) {
    throw new ImportError(
      "IMPORT_SOURCE_INVALID",
      `${basename(file)} was imported ${before.keepTimes ? "with its own times" : "with its times moved"} before; a trace is in the database once.`,
    );
  }
  await ensurePeople(dbs.auth, tenant, now);

  const shiftSeconds = before
    ? before.shiftSeconds
    : keepTimes
      ? 0
      : shiftOf(lastTime(look.lastLine), file, look.truncated, now);
  const run: BitbrainsRun = { source, tenantId, shiftSeconds, linesDone: before?.linesDone ?? 0 };
  if (!before) await beginImport(dbs.monitoring, { tenantId }, { ...source, shiftSeconds, keepTimes });
  const unread = look.lines > run.linesDone || before?.status !== "completed";

  const reader = new TraceReader(basename(file), (vm) => importedId(bitbrainsDataset, tenantId, vm));
  let written = 0;
  let failure: unknown;
  if (unread) {
    const progress = progressOf(options.onProgress, "samples", Math.max(look.lines - 1, 0));
    const result = await readAndWrite(dbs, file, run, reader, { ...options, keepTimes, now, progress });
    written = result.written;
    failure = result.failure;
  }
  const finished = await finish(dbs, run, reader, {
    unread,
    complete: failure === undefined,
    now,
    history: options.history !== false,
  });
  const seconds = (performance.now() - started) / 1000;
  const iso = (time: number | undefined) =>
    time === undefined ? null : new Date((time + shiftSeconds) * 1000).toISOString();
  const traceStart = reader.start ?? (before?.traceStart ? before.traceStart.getTime() / 1000 : undefined);
  const traceEnd = reader.end ?? (before?.traceEnd ? before.traceEnd.getTime() / 1000 : undefined);
  const result: BitbrainsResult = {
    file: basename(file),
    vms: reader.vms.size,
    samplesWritten: written,
    linesRead: unread ? reader.linesRead : look.lines,
    rejected: unread ? reader.rejections.count : (before?.rowsRejected ?? 0),
    rejections: reader.rejections.lines,
    repeats: reader.repeats,
    shiftSeconds,
    from: iso(traceStart),
    to: iso(traceEnd),
    placed: finished.placed,
    truncated: look.truncated,
    seconds: Math.round(seconds * 1000) / 1000,
    samplesPerSecond: Math.round(written / Math.max(seconds, 0.001)),
  };
  if (failure !== undefined) throw Object.assign(failure as Error, { result });
  return result;
}

async function finish(
  dbs: FleetDatabases,
  run: BitbrainsRun,
  reader: TraceReader,
  { unread, complete, now, history }: { unread: boolean; complete: boolean; now: Date; history: boolean },
): Promise<{ placed: number }> {
  const { tenantId } = run;
  if (!unread) return placeVms(dbs, tenantId, now);
  const all = [...reader.vms.values()];
  await writeVms(dbs, run, all, now);
  await endImport(
    dbs.monitoring,
    { tenantId },
    run.source,
    complete ? "completed" : "interrupted",
    all.map(({ id }) => id),
  );
  const writeRest = async () => {
    const placed = await placeVms(dbs, tenantId, now);
    await writeTwins(dbs, tenantId, now);
    if (history) await writeHistory(dbs, tenantId, now);
    return placed;
  };
  // The rollup keeps one core of the server busy. The rows of the other databases are written meanwhile.
  const [placed] = await Promise.all([
    writeRest(),
    dbs.monitoringJobs && rollUp(dbs.monitoringJobs, { tenantId }, ["vm"]),
  ]);
  return placed;
}
