import type { Database, Scope, WriteTx } from "#db/client.ts";
import {
  insertNodeSamples,
  insertVmSamples,
  type NodeSampleColumns,
  refreshNodeLatest,
  refreshVmLatest,
  type VmSampleColumns,
} from "#db/monitoring/sample-writes.ts";
import {
  latestNodeSamples,
  latestSamples,
  type StoredNodeSample,
  type StoredSample,
} from "#db/monitoring/stored-samples.ts";
import { lockName } from "#db/named-lock.ts";

export type { NodeSampleColumns, StoredNodeSample, StoredSample, VmSampleColumns };

/** Samples that are written by one statement for each stream. */
export interface SampleBatch {
  vms: VmSampleColumns;
  nodes?: NodeSampleColumns;
}

/**
 * Writes samples and the last values that follow from them, in one transaction. Of two samples of one VM or node and time, the one written first stays. The
 * partitions must exist: see `makeRoom`.
 * @param batches may be called more than once, because the transaction may be retried
 * @returns how many samples of VMs were new
 */
export const recordSamples = (
  database: Database,
  scope: Scope,
  batches: () => Iterable<SampleBatch>,
): Promise<number> => database.write(scope, (tx) => write(tx, batches()));

export interface Series {
  /** Of several programs that continue the series of one name at the same time, one does. */
  name: string;
  vmIds: readonly string[];
  nodeIds: readonly string[];
}

/** The last values of series. */
export interface LatestSamples {
  vms: readonly StoredSample[];
  nodes: readonly StoredNodeSample[];
}

/**
 * Continues series where they end: writes the samples that follow their last values, in one transaction. No other program continues them meanwhile.
 * @param batchesAfter may be called more than once, because the transaction may be retried
 * @returns how many samples of VMs were new; 0 when another program continues the series
 */
export const continueSeries = (
  database: Database,
  scope: Scope,
  { name, vmIds, nodeIds }: Series,
  batchesAfter: (latest: LatestSamples) => Iterable<SampleBatch>,
): Promise<number> =>
  database.write(scope, async (tx) => {
    if (!(await lockName(tx, `novacron.series.${name}.${scope.tenantId}`))) return 0;
    const [vms, nodes] = await Promise.all([latestSamples(tx, vmIds), latestNodeSamples(tx, nodeIds)]);
    return write(tx, batchesAfter({ vms, nodes }));
  });

async function write(tx: WriteTx, batches: Iterable<SampleBatch>): Promise<number> {
  const [vmIds, nodeIds] = [new Set<string>(), new Set<string>()];
  let written = 0;
  for (const { vms, nodes } of batches) {
    if (vms.time.length > 0) written += await insertVmSamples(tx, vms);
    if (nodes && nodes.time.length > 0) await insertNodeSamples(tx, nodes);
    for (const id of vms.vmId) vmIds.add(id);
    for (const id of nodes?.nodeId ?? []) nodeIds.add(id);
  }
  if (vmIds.size > 0) await refreshVmLatest(tx, [...vmIds]);
  if (nodeIds.size > 0) await refreshNodeLatest(tx, [...nodeIds]);
  return written;
}
