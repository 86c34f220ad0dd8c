import { basename } from "node:path";
import type { Tx } from "#db/client.ts";
import {
  advanceImport,
  beginImport,
  commitWithoutFlush,
  endImport,
  ensureMetricRange,
  findImport,
  holdRange,
  type ImportSource,
  refreshHourly,
} from "#db/monitoring/import-writes.ts";
import { insertVmSamples, refreshVmLatest } from "#db/monitoring/sample-writes.ts";
import { upsert } from "#db/upsert.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { importedId } from "#lib/uuid.ts";
import { bitbrainsDataset, bitbrainsVmPrefix } from "./bitbrains-vm.ts";
import { ImportError, readLines, sourceFiles, survey } from "./csv.ts";
import { type FleetDatabases, type ImportOptions, progressOf } from "./fleet.ts";
import { writeHistory } from "./generated-history.ts";
import { ensurePeople, ownerOf } from "./people.ts";
import { placeVms } from "./place-vms.ts";
import { writeTwins } from "./provider-twins.ts";
import { BatchColumns, bitbrainsHeader, type Sample, TraceReader } from "./bitbrains-trace.ts";

export interface BitbrainsOptions extends ImportOptions {
  /** The trace keeps its own times, and retention holds them. */
  keepTimes?: boolean;
  /** Samples in one transaction. */
  batchSize?: number;
}

export interface BitbrainsResult {
  file: string;
  /** Of the whole fleet of this file. */
  vms: number;
  /** New in this run. */
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

/** What is true of the file after it was read, or as far as it was. */
interface Run {
  source: ImportSource;
  tenantId: string;
  shiftSeconds: number;
  /** Lines that an earlier run dealt with: read again for the counters, not written again. */
  linesDone: number;
}

/**
 * Imports a sample file of the Bitbrains trace: its VMs, their samples, and what the fleet around them needs. Rates become
 * counters. A repeat changes nothing; a run that was cut off goes on where the last committed batch ended.
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
  const look = await survey(file);
  if (look.firstLine !== bitbrainsHeader) {
    throw new ImportError(
      "IMPORT_SOURCE_INVALID",
      `${basename(file)} is no sample file of this trace: its first line is not ${bitbrainsHeader}`,
    );
  }
  const source = { dataset: bitbrainsDataset, sourceFingerprint: look.fingerprint };
  const before = await dbs.monitoring.write({ tenantId }, (tx) => findImport(tx, source));
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
  const run: Run = { source, tenantId, shiftSeconds, linesDone: before?.linesDone ?? 0 };
  if (!before)
    await dbs.monitoring.write({ tenantId }, (tx) => beginImport(tx, { ...source, shiftSeconds, keepTimes }));
  const unread = look.lines > run.linesDone || before?.status !== "completed";

  const reader = new TraceReader(basename(file), (vm) => importedId(bitbrainsDataset, tenantId, vm));
  let written = 0;
  let failure: unknown;
  if (unread) {
    const progress = progressOf(options.onProgress, "samples", Math.max(look.lines - 1, 0));
    const result = await readAndWrite(dbs, file, run, reader, {
      ...options,
      keepTimes,
      now,
      progress,
      total: look.lines,
    });
    written = result.written;
    failure = result.failure;
  }
  const finished = await finish(dbs, run, reader, { unread, complete: failure === undefined, now });
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

const lastTime = (line: string | undefined): number | undefined => {
  const time = Number(line?.split(",")[1]);
  return Number.isSafeInteger(time) && time > 0 ? time : undefined;
};

/**
 * By how many seconds, in whole hours, the trace is moved so that it ends in the last hour. Of a cut-off file the end is
 * unknown: where its name says how long the trace is, that counts, so that the rest does not come to lie in the future.
 */
function shiftOf(last: number | undefined, file: string, truncated: boolean, now: Date): number {
  if (last === undefined) return 0;
  const named = /(week|day)-(\d{4}-\d{2}-\d{2})/.exec(basename(file));
  const begin = truncated && named ? Date.parse(`${named[2]}T00:00:00Z`) / 1000 : Number.NaN;
  const end = Number.isNaN(begin) ? last : Math.max(last, begin + (named?.[1] === "week" ? 7 : 1) * 86_400);
  return Math.floor((now.getTime() / 1000 - end) / 3_600) * 3_600;
}

interface ReadOptions extends BitbrainsOptions {
  keepTimes: boolean;
  now: Date;
  progress: (done: number, last?: boolean) => void;
  total: number;
}

/** Samples of about two days of the week's fleet. */
const batchesPerRollup = 20;

/**
 * Parses on while batches are written on two connections. A batch commits only after the one before it, so that what is
 * committed is always a beginning of the file, however the program ends.
 */
async function readAndWrite(
  dbs: FleetDatabases,
  file: string,
  run: Run,
  reader: TraceReader,
  options: ReadOptions,
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
  // Hours that are complete are rolled up while later ones are read; what fails here is done at the end.
  const rollUpBeside = () => {
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
    // In transactions of their own: they may wait for another program that makes the same partition.
    await makeRoom(dbs, run, full, days, keepTimes);
    const previous = committed;
    const mine = dbs.monitoring.write({ tenantId }, async (tx: Tx) => {
      await commitWithoutFlush(tx);
      const count = full.length === 0 ? 0 : await insertVmSamples(tx, full.columns());
      await previous;
      await advanceImport(tx, run.source, { linesDone, written: count, rejected, traceStart, traceEnd });
      return count;
    });
    committed = mine.then((count) => {
      written += count;
      progress(linesDone);
      rollUpBeside();
    });
    // Looked at when its turn comes; until then a failure must not count as unhandled.
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
    // What was parsed of a cut-off file is worth keeping; after a failed batch nothing more is.
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

async function makeRoom(dbs: FleetDatabases, run: Run, batch: BatchColumns, days: Set<number>, keepTimes: boolean) {
  const { tenantId, source } = run;
  for (const day of batch.days()) {
    if (days.has(day)) continue;
    days.add(day);
    const from = day * daySeconds;
    await dbs.monitoring.write({ tenantId }, async (tx) => {
      // Held before the samples are there, so that retention never finds them without their hold.
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

async function writeVms(
  dbs: FleetDatabases,
  run: Run,
  found: TraceReader["vms"] extends Map<string, infer V> ? V[] : never,
  now: Date,
) {
  const { tenantId, shiftSeconds } = run;
  await dbs.vms.write({ tenantId }, (tx) =>
    upsert(
      tx,
      vms,
      found.map(({ id, name, cores, capacityMhz, memoryKb, first }) => {
        const number = Number(name);
        return {
          id,
          name: `${bitbrainsVmPrefix}${name}`,
          state: "running" as const,
          hypervisorType: "vmware" as const,
          ownerId: ownerOf(tenantId, Number.isSafeInteger(number) ? number : 0),
          tenantId,
          resourceConfig: {
            cpuMillicores: Math.round(cores * 1000),
            memoryMb: Math.round(memoryKb / 1024),
            ...(cores > 0 ? { cpuMhz: Math.round(capacityMhz / cores) } : {}),
          },
          tags: { dataset: bitbrainsDataset, env: number % 4 === 0 ? "staging" : "prod" },
          metadata: { origin: bitbrainsDataset, sourceId: name },
          createdAt: new Date(Math.min((first + shiftSeconds) * 1000, now.getTime())),
        };
      }),
      // Where a VM is placed, what state it is in and what it is called may have changed since; its size is the trace's.
      { onConflict: ["id"], update: ["resourceConfig"] },
    ),
  );
}

async function finish(
  dbs: FleetDatabases,
  run: Run,
  reader: TraceReader,
  { unread, complete, now }: { unread: boolean; complete: boolean; now: Date },
): Promise<{ placed: number }> {
  const { tenantId } = run;
  if (!unread) return placeVms(dbs, tenantId, now);
  const all = [...reader.vms.values()];
  await writeVms(dbs, run, all, now);
  await dbs.monitoring.write({ tenantId }, async (tx) => {
    await refreshVmLatest(
      tx,
      all.map(({ id }) => id),
    );
    await endImport(tx, run.source, complete ? "completed" : "interrupted");
  });
  const writeRest = async () => {
    const placed = await placeVms(dbs, tenantId, now);
    await writeTwins(dbs, tenantId, now);
    await writeHistory(dbs, tenantId, now);
    return placed;
  };
  // The rollup keeps one core of the server busy; what the other databases get is written beside it.
  const [placed] = await Promise.all([writeRest(), rollUp(dbs.monitoringJobs, tenantId)]);
  return placed;
}

async function rollUp(jobs: FleetDatabases["monitoringJobs"], tenantId: string): Promise<void> {
  if (!jobs) return;
  while ((await jobs.write({ tenantId }, (tx) => refreshHourly(tx, "vm"))) > 0);
}
