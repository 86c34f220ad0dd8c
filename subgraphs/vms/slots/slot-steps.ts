import type { WriteTx } from "#db/client.ts";
import { releaseSlot, type SlotClaim } from "#db/vms/slot-writes.ts";
import { PublicError } from "#lib/errors.ts";
import type { Json, OperationDefinition, StepContext, TransactionStep } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { failureOf, limits, untilRelease } from "#subgraphs/vm-slot-steps.ts";
import { takeSlot } from "./take-slot.ts";

/**
 * Returns a definition of the vms domain whose operations have the slot of their VM while they run, as `withVmSlot` does for those of other domains. The slot is
 * in the operation's own database, so that each of the two steps is one transaction. The use case that starts the operation takes it as well (`takeSlot`), so
 * that its caller is refused at once.
 * @param isFinal whether the operation runs to its end once its first step has begun, because what it does cannot be undone
 */
export function withOwnVmSlot<Input = Json>(
  { kind, version, steps }: OperationDefinition<WriteTx, Input>,
  vmOf: (input: Input) => string,
  { isFinal = false }: { isFinal?: boolean } = {},
): OperationDefinition<WriteTx, Input> {
  const claimOf = ({ fence, input }: StepContext<Input>): SlotClaim => ({
    ...fence,
    vmId: vmOf(input),
    operationKind: kind,
  });
  const release = async (context: StepContext<Input>, tx: WriteTx): Promise<Json> => {
    // The record of this transaction is refused as well when another worker has the operation.
    await releaseSlot(tx, claimOf(context));
    return null;
  };
  const take: TransactionStep<WriteTx, Input> = {
    ...limits,
    type: "transaction",
    name: "take_vm_slot",
    lastSafePoint: isFinal,
    run: async (context, tx) => {
      const claim = claimOf(context);
      const taken = await takeSlot(tx, claim).catch((error: unknown) => {
        throw error instanceof PublicError ? failureOf(error) : error;
      });
      if (taken.kind !== "done") throw new StepFailure("NOT_FOUND", "No such VM.", { isFinal: true });
      return { vmId: claim.vmId };
    },
    undo: release,
  };
  const last: TransactionStep<WriteTx, Input> = {
    ...limits,
    type: "transaction",
    name: "release_vm_slot",
    retry: { ...limits.retry, attempts: 2 ** 31 - 1 },
    run: release,
  };
  return { kind, version, steps: [take, ...(isFinal ? steps : untilRelease(steps)), last] };
}
