import { isUniqueViolation } from "#db/database-errors.ts";
import type { WriteTx } from "#db/client.ts";
import { setNodeOfVm } from "#db/vms/lifecycle-writes.ts";
import type { OperationDefinition, TransactionStep } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { overQuota, type Quota } from "../creation/quota.ts";
import { machineStep } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import { moves, placedBy, type PlacedInput, placementSteps } from "../operations/placement-steps.ts";
import { changeState } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

export type UndeleteInput = PlacedInput & {
  /** The quota of the tenant when the operation was started. */
  readonly quota: Quota;
  readonly reason: string | null;
};

const failure = (code: string, message: string): StepFailure => new StepFailure(code, message, { isFinal: true });

export const nameTaken = "Another VM of the tenant has the name of this one by now: delete or rename that one first.";

/**
 * Brings a deleted VM back, stopped, with a claim by the rules of this moment. It counts for its tenant's quota and has its name again only when its state is
 * recorded: where others came first, all of it is undone, and the VM stays deleted.
 */
export function undeleteVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, UndeleteInput> {
  const find = machineStep<UndeleteInput>(machinery, {
    name: "find_machine",
    machineOf: ({ input }) => input,
    run: async (hypervisor, { nodeId, vmId, signal }) => {
      const { state } = await hypervisor.stats({ nodeId, vmId, signal });
      if (state === "absent") throw failure("MACHINE_NOT_FOUND", "The machine of the VM is not on its node any more.");
    },
  });
  const { claim, relocate, activateClaim } = placementSteps<UndeleteInput>(machinery);
  const record: TransactionStep<WriteTx, UndeleteInput> = {
    ...limits,
    type: "transaction",
    name: "record_state",
    run: async (context, tx) => {
      const { vmId, reason, quota } = context.input;
      if (moves(context)) await setNodeOfVm(tx, vmId, placedBy(context).nodeId);
      try {
        await changeState(tx, context, { vmId, from: "deleted", to: "stopped", reason: reason ?? undefined });
      } catch (error) {
        throw isUniqueViolation(error) ? failure("NAME_TAKEN", nameTaken) : error;
      }
      const [exceeded] = await overQuota(tx, quota);
      if (exceeded) throw failure(exceeded.code, exceeded.message ?? exceeded.code);
      return null;
    },
  };
  return withOwnVmSlot(
    {
      kind: "undelete_vm",
      version: 1,
      steps: [find, claim, { ...relocate, lastSafePoint: true }, activateClaim, record],
    },
    ({ vmId }) => vmId,
  );
}
