import { bitbrainsDataset, bitbrainsVmPrefix } from "#import/bitbrains-vm.ts";
import type { FleetDatabases } from "#import/fleet.ts";
import { type DatasetImportRow, importsOf } from "#subgraphs/monitoring/imports/imports.ts";
import { makeRoom } from "#subgraphs/monitoring/metrics/make-room.ts";
import { recordSamples } from "#subgraphs/monitoring/metrics/record-samples.ts";
import { latestOf, newestUntil, samplesIn, type StoredSample } from "#subgraphs/monitoring/metrics/stored-samples.ts";
import { liveVms } from "#subgraphs/vms/vms/live-vms.ts";
import { reporting } from "./live-vms.ts";

/** The step of the trace, which is also the gap between its end and its next beginning. */
const step = 300;
/** A program that was stopped for longer does not write all of the missed samples. */
const longestCatchUp = 86_400;
const windowSeconds = 3_600;

const counters = ["networkBytesSent", "networkBytesRecv", "diskReadBytes", "diskWriteBytes"] as const;

/**
 * Writes the samples that an imported trace has between the newest one and now, as if the trace began again after its end. They are read from the imported
 * range itself, and the counters continue to grow in every round. Traces with their own times stay in the past. Several programs may do so at once: all of them
 * compute the same samples, and each sample is written once.
 * @returns how many samples were written
 */
export async function replayTraces(dbs: FleetDatabases, tenantId: string, now: Date): Promise<number> {
  const traces = await importsOf(dbs.monitoring, { tenantId }, bitbrainsDataset);
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
  const scope = { tenantId };
  const fleet = (await liveVms(dbs.vms, scope)).filter(
    ({ name, state }) => name.startsWith(bitbrainsVmPrefix) && reporting.has(state),
  );
  const vmIds = fleet.map(({ id }) => id);
  const nodeOf = new Map(fleet.map(({ id, nodeId }) => [id, nodeId]));
  if (vmIds.length === 0) return 0;

  const room = { from: Math.max(end, now - longestCatchUp), to: now };
  const newest = await latestOf(dbs.monitoring, scope, vmIds);
  const reached = Math.max(end, now - longestCatchUp, ...newest.map(({ time }) => time));
  if (now - reached < 1) return 0;
  await makeRoom(dbs.monitoring, scope, ["vm_metrics"], room);

  let totals: Map<string, StoredSample> | undefined;
  let written = 0;
  for (let after = reached; after < now;) {
    const round = Math.floor((after + 1 - start) / period);
    const offset = round * period;
    const to = Math.min(now, after + windowSeconds, start + offset + period - 1);
    const window = { vmIds, after: Math.max(start - 1, after - offset), to: to - offset };
    const samples = await samplesIn(dbs.monitoring, scope, window);
    if (samples.length > 0) {
      totals ??= new Map((await newestUntil(dbs.monitoring, scope, vmIds, end)).map((last) => [last.vmId, last]));
      const vms = moved(samples, offset, round, totals, nodeOf);
      written += await recordSamples(dbs.monitoring, scope, () => [{ vms }]);
    }
    after = to;
  }
  return written;
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
