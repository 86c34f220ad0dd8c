import type { WriteTx } from "#db/client.ts";
import { type SlotClaim, type SlotHolder, tryTakeSlot } from "#db/vms/slot-writes.ts";
import { PublicError } from "#lib/errors.ts";
import { done, type Done, notThere, type NotThere } from "#subgraphs/use-case.ts";

/**
 * Takes the slot of a VM for an operation, in the transaction of its start or of its step. One operation at a time works on a VM, in whichever domain it is.
 * Nothing but an undelete works on a VM that is deleted.
 * @throws PublicError VM_BUSY with the id and the kind of the operation that has the slot, or FENCING_TOKEN_OUTDATED
 */
export async function takeSlot(
  tx: WriteTx,
  claim: SlotClaim,
  options?: { ofDeleted?: boolean },
): Promise<Done<{ vmId: string }> | NotThere> {
  const taken = await tryTakeSlot(tx, claim, options);
  if (taken.outcome === "taken") return done({ vmId: claim.vmId });
  if (taken.outcome === "no vm") return notThere("VM");
  if (taken.outcome === "outdated") throw outdated();
  throw vmBusy(taken.holder);
}

export const vmBusy = ({ operationId: operation, operationKind }: SlotHolder): PublicError =>
  new PublicError("VM_BUSY", `The operation ${operation} (${operationKind}) works on this VM.`, {
    operation,
    operationKind,
  });

export const outdated = (): PublicError =>
  new PublicError("FENCING_TOKEN_OUTDATED", "The operation was continued elsewhere, or has released this slot.");
