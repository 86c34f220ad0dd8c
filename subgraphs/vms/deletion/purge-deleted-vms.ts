import type { Database, WriteTx } from "#db/client.ts";
import { startOperation } from "#db/operations/requests.ts";
import { lockVm } from "#db/vms/lifecycle-writes.ts";
import { type UnpurgedVm, unpurgedVms } from "#db/vms/unpurged-vms.ts";
import { ofWorkersAlone } from "../operations/machinery.ts";
import { takeSlot } from "../slots/take-slot.ts";
import { purgeVmOperation } from "./purge-vm-operation.ts";

const definition = purgeVmOperation(ofWorkersAlone);
const actor = "job:purge_deleted_vms";

export interface PurgeOptions {
  /** How long a deleted VM can be undeleted at least. */
  retentionSeconds: number;
  signal: AbortSignal;
  /** How many VMs of one tenant one run purges. */
  perTenant?: number;
  /** How many VMs one run purges. */
  atMost?: number;
}

/**
 * Starts an operation for each VM that was deleted longer ago, which removes its machine. One that another operation works on is left to a later run.
 * @param service the vms database, in which each operation is its tenant's
 * @param system the same database, for all tenants
 * @returns how many operations were started
 */
export async function purgeDeletedVms(
  { service, system }: { service: Database; system: Database },
  { retentionSeconds, signal, perTenant = 100, atMost = 1_000 }: PurgeOptions,
): Promise<number> {
  let started = 0;
  for (const vm of await unpurgedVms(system, { retentionSeconds, perTenant, atMost })) {
    if (signal.aborted) break;
    const isStarted = await service.write({ tenantId: vm.tenantId, actor, signal }, (tx) => startPurge(tx, vm));
    if (isStarted) started += 1;
  }
  return started;
}

async function startPurge(tx: WriteTx, { id, deletedAt }: UnpurgedVm): Promise<boolean> {
  const locked = await lockVm(tx, id);
  if (!locked || locked.holder) return false;
  const { vm } = locked;
  // Meanwhile it may have been undeleted, and deleted again.
  if (vm.purgedAt || vm.deletedAt?.getTime() !== deletedAt.getTime()) return false;
  const input = { vmId: id, nodeId: vm.nodeId };
  const start = await startOperation(tx, definition, { input, subject: `Vm:${id}`, done: [{ vmId: id }] });
  const claim = { vmId: id, operationId: start.id, operationKind: definition.kind, token: 0 };
  await takeSlot(tx, claim, { ofDeleted: true });
  return true;
}
