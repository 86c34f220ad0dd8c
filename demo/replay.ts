import { importsOf } from "#db/monitoring/import-writes.ts";
import { ensureMetricRange } from "#db/monitoring/metric-ranges.ts";
import { lastSamples, latestSamples, samplesBetween, type StoredSample } from "#db/monitoring/stored-samples.ts";
import { lockName } from "#db/named-lock.ts";
import type { DatasetImportRow } from "#db/monitoring/schema/dataset-imports.ts";
import { insertVmSamples, refreshVmLatest } from "#db/monitoring/sample-writes.ts";
import { fleetVms } from "#db/vms/fleet-writes.ts";
import { bitbrainsDataset, bitbrainsVmPrefix } from "#import/bitbrains-vm.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { reporting } from "./seed.ts";

/** The step of the trace, which is also the gap between its end and its next beginning. */
const step = 300;
/** A program that was stopped for longer does not write all of the missed samples. */
const longestCatchUp = 86_400;
const windowSeconds = 3_600;

const counters = ["networkBytesSent", "networkBytesRecv", "diskReadBytes", "diskWriteBytes"] as const;

/**
 * Writes the samples that an imported trace has between the newest one and now, as if the trace began again after its end. They are read from the imported
 * range itself, and the counters continue to grow in every round. Traces with their own times stay in the past.
 * @returns how many samples were written
 */
export async function replayTraces(dbs: FleetDatabases, tenantId: string, now: Date): Promise<number> {
  const traces = await dbs.monitoring.write({ tenantId }, (tx) => importsOf(tx, bitbrainsDataset));
  // The last trace that was moved to now: of two over the same VMs, one is enough.
  const trace = traces.findLast(({ status, keepTimes }) => status === "completed" && !keepTimes);
  return trace ? replay(dbs, tenantId, trace, Math.floor(now.getTime() / 1000)) : 0;
}

async function replay(dbs: FleetDatabases, tenantId: string, trace: DatasetImportRow, now: number): Promise<number> {
  if (!trace.traceStart || !trace.traceEnd) return 0;
  const start = trace.traceStart.getTime() / 1000 + trace.shiftSeconds;
  const end = trace.traceEnd.getTime() / 1000 + trace.shiftSeconds;
  const period = end - start + step;
  if (now <= end) return 0;
  const fleet = (await dbs.vms.write({ tenantId }, fleetVms)).filter(
    ({ name, state }) => name.startsWith(bitbrainsVmPrefix) && reporting.has(state),
  );
  const vmIds = fleet.map(({ id }) => id);
  const nodeOf = new Map(fleet.map(({ id, nodeId }) => [id, nodeId]));
  if (vmIds.length === 0) return 0;

  const room = { from: Math.max(end, now - longestCatchUp), to: now };
  const newest = await dbs.monitoring.write({ tenantId }, (tx) => latestSamples(tx, vmIds));
  const reached = Math.max(end, now - longestCatchUp, ...newest.map(({ time }) => time));
  if (now - reached < 1) return 0;
  await dbs.monitoring.write({ tenantId }, (tx) => ensureMetricRange(tx, "vm_metrics", room));

  return dbs.monitoring.write({ tenantId }, async (tx) => {
    if (!(await lockName(tx, `novacron.replay.${tenantId}`))) return 0;
    let totals: Map<string, StoredSample> | undefined;
    let written = 0;
    for (let after = reached; after < now;) {
      const round = Math.floor((after + 1 - start) / period);
      const offset = round * period;
      const to = Math.min(now, after + windowSeconds, start + offset + period - 1);
      const samples = await samplesBetween(tx, { vmIds, after: Math.max(start - 1, after - offset), to: to - offset });
      if (samples.length > 0) {
        totals ??= new Map((await lastSamples(tx, vmIds, end)).map((sample) => [sample.vmId, sample]));
        written += await insertVmSamples(tx, moved(samples, offset, round, totals, nodeOf));
      }
      after = to;
    }
    if (written > 0) await refreshVmLatest(tx, vmIds);
    return written;
  });
}

/** Returns samples of the trace, moved to a later round. */
function moved(
  samples: readonly StoredSample[],
  offset: number,
  round: number,
  totals: ReadonlyMap<string, StoredSample>,
  nodeOf: ReadonlyMap<string, string | null>,
) {
  const counted = (name: (typeof counters)[number]) =>
    samples.map((sample) => (sample[name] ?? 0) + round * (totals.get(sample.vmId)?.[name] ?? 0));
  return {
    time: samples.map(({ time }) => time + offset),
    vmId: samples.map(({ vmId }) => vmId),
    nodeId: samples.map(({ vmId }) => nodeOf.get(vmId) ?? null),
    cpuUsagePercent: samples.map((sample) => sample.cpuUsagePercent),
    memoryUsageBytes: samples.map((sample) => sample.memoryUsageBytes),
    memoryAvailableBytes: samples.map((sample) => sample.memoryAvailableBytes),
    networkBytesSent: counted("networkBytesSent"),
    networkBytesRecv: counted("networkBytesRecv"),
    diskReadBytes: counted("diskReadBytes"),
    diskWriteBytes: counted("diskWriteBytes"),
  };
}
