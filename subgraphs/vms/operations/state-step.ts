import type { WriteTx } from "#db/client.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import type { StepContext, TransactionStep } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";

type Change = Pick<StateChange, "vmId" | "from" | "to" | "origin" | "reason">;

/**
 * Changes the state of a VM in the transaction of a step, and records it as the operation's.
 * @throws StepFailure STATE_CHANGED when the VM has another state than the one that the operation began with
 */
export async function changeState(tx: WriteTx, { fence }: StepContext<unknown>, change: Change): Promise<void> {
  const moved = await changeStates(tx, [{ ...change, operationId: fence.operationId }]);
  if (moved.length > 0) return;
  const message = `The VM is no longer ${change.from}: its state was changed outside its operation.`;
  throw new StepFailure("STATE_CHANGED", message, { isFinal: true });
}

/** Returns the step that records the state to which an operation has brought its VM. */
export const stateStep = <Input>(
  changeOf: (context: StepContext<Input>) => Change,
): TransactionStep<WriteTx, Input> => ({
  ...limits,
  type: "transaction",
  name: "record_state",
  run: async (context, tx) => {
    await changeState(tx, context, changeOf(context));
    return null;
  },
});
