import type { WriteTx } from "#db/client.ts";
import { setNodeOfVm } from "#db/vms/lifecycle-writes.ts";
import type { OperationDefinition, TransactionStep } from "#lib/operations/definition.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { machineStep } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import { moves, placedBy, type PlacedInput, placementSteps, there } from "../operations/placement-steps.ts";
import { changeState } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

export type StartInput = PlacedInput & { readonly reason: string | null };

/**
 * Starts a VM that is stopped. The rules of placement are judged again: the VM keeps its claim where its node still suits, and is moved to another node where it
 * does not, or where its claim was released and its node is full.
 */
export function startVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, StartInput> {
  const { claim, relocate, activateClaim } = placementSteps<StartInput>(machinery);
  const start = machineStep<StartInput>(machinery, {
    name: "start",
    machineOf: there,
    run: (hypervisor, call) => hypervisor.start(call),
    undo: async (hypervisor, call) => void (await hypervisor.stop(call, { forced: true })),
    lastSafePoint: true,
  });
  const record: TransactionStep<WriteTx, StartInput> = {
    ...limits,
    type: "transaction",
    name: "record_state",
    run: async (context, tx) => {
      const { vmId, reason } = context.input;
      if (moves(context)) await setNodeOfVm(tx, vmId, placedBy(context).nodeId);
      await changeState(tx, context, { vmId, from: "stopped", to: "running", reason: reason ?? undefined });
      return null;
    },
  };
  return withOwnVmSlot(
    { kind: "start_vm", version: 1, steps: [claim, relocate, start, activateClaim, record] },
    ({ vmId }) => vmId,
  );
}
