import type { WriteTx } from "#db/client.ts";
import { setPurgedAt } from "#db/vms/purge-writes.ts";
import type { OperationDefinition, TransactionStep } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { machineStep, patientRetry } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

export type PurgeInput = {
  readonly vmId: string;
  /** Null when the VM never had a machine. */
  readonly nodeId: string | null;
};

/** Removes the machine of a deleted VM with its disks and snapshots. Once that has begun, the operation runs to its end: the VM cannot be undeleted. */
export function purgeVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, PurgeInput> {
  const destroy = machineStep<PurgeInput>(machinery, {
    name: "destroy",
    machineOf: ({ input: { vmId, nodeId } }) => ({ vmId, nodeId: nodeId ?? "" }),
    run: async (hypervisor, call, { input }) => {
      if (input.nodeId !== null) await hypervisor.destroy(call);
    },
    retry: patientRetry,
  });
  const record: TransactionStep<WriteTx, PurgeInput> = {
    ...limits,
    type: "transaction",
    name: "record_purge",
    run: async ({ input: { vmId } }, tx) => {
      if (await setPurgedAt(tx, vmId)) return null;
      const message = "The VM is no longer deleted: its state was changed outside its operation.";
      throw new StepFailure("STATE_CHANGED", message, { isFinal: true });
    },
  };
  return withOwnVmSlot<PurgeInput>({ kind: "purge_vm", version: 1, steps: [destroy, record] }, ({ vmId }) => vmId, {
    isFinal: true,
  });
}
