import type { WriteTx } from "#db/client.ts";
import type { EffectStep, OperationDefinition } from "#lib/operations/definition.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import type { VmState } from "../lifecycle/lifecycle.ts";
import { machineStep, patientRetry } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import { release } from "../operations/scheduler-calls.ts";
import { stateStep } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

export type DeleteInput = {
  readonly vmId: string;
  /** Null when the VM is on no node. */
  readonly nodeId: string | null;
  readonly from: VmState;
  readonly reason: string | null;
};

/**
 * Deletes a VM: its power is cut, its claim is given back, and the state is recorded. The machine and its disks stay until they are purged, so that the VM can be
 * undeleted. Once the power is cut, the operation runs to its end.
 */
export function deleteVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, DeleteInput> {
  const powerOff = machineStep<DeleteInput>(machinery, {
    name: "power_off",
    machineOf: ({ input: { vmId, nodeId } }) => ({ vmId, nodeId: nodeId ?? "" }),
    run: async (hypervisor, call, { input }) => {
      if (input.nodeId !== null) await hypervisor.stop(call, { forced: true });
    },
    retry: patientRetry,
  });
  const releaseClaim: EffectStep<DeleteInput> = {
    ...limits,
    retry: patientRetry,
    type: "effect",
    name: "release_claim",
    run: async (context) => {
      await release(machinery().calls, context);
      return null;
    },
  };
  const record = stateStep<DeleteInput>(({ input: { vmId, from, reason } }) => ({
    vmId,
    from,
    to: "deleted",
    reason: reason ?? undefined,
  }));
  return withOwnVmSlot<DeleteInput>(
    { kind: "delete_vm", version: 1, steps: [powerOff, releaseClaim, record] },
    ({ vmId }) => vmId,
    { isFinal: true },
  );
}
