import { type ActedOn, offeredActions, type VmAction, whyNot } from "./lifecycle.ts";
import { whyProtected } from "./protection.ts";

export interface AvailableAction {
  action: VmAction;
  allowed: boolean;
  reason: string | null;
}

/**
 * Returns whether each action is possible for a VM now, by the table that the mutations use.
 * @param holder the operation that works on the VM: while there is one, no action is possible
 */
export const availableActions = (
  vm: ActedOn & { isProtected: boolean },
  holder: { operationId: string; operationKind: string } | null,
): AvailableAction[] =>
  offeredActions.map((action) => {
    const busy = holder && `The operation ${holder.operationId} (${holder.operationKind}) works on the VM.`;
    const reason = whyNot(action, vm) ?? whyProtected(action, vm.isProtected) ?? busy ?? null;
    return { action, allowed: reason === null, reason };
  });
