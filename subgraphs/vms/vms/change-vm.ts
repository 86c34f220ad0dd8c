import type { WriteTx } from "#db/client.ts";
import { type LockedVm, lockVm } from "#db/vms/lifecycle-writes.ts";
import type { VmRow } from "#db/vms/schema/vms.ts";
import { userError } from "#lib/graphql/user-errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, notThere, type Outcome, refused, type Services } from "#subgraphs/use-case.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import { type ActionRequest, versionConflict } from "../lifecycle/begin-action.ts";
import { changeOnce } from "../requests/change-once.ts";

export type VmOutcome = Outcome<{ vm: VmRow }, UserErrorCode>;

/**
 * Changes the rows of a VM that is not deleted, in one transaction that has its row locked. A request that is repeated with its key returns the VM as it is now. An operation
 * that works on the VM does not prevent the change, unless `change` requires so.
 * @param mutation the name of the mutation
 * @param change changes the rows, and returns the VM as it is then
 */
export const changeVm = (
  services: Services,
  request: RequestContext,
  mutation: string,
  asked: ActionRequest,
  change: (tx: WriteTx, locked: LockedVm) => Promise<VmOutcome>,
): Promise<VmOutcome> =>
  changeOnce<{ vm: VmRow }>(services, request, {
    mutation,
    asked,
    objectId: asked.vmId,
    again: async (tx, vmId) => {
      const locked = await lockVm(tx, vmId);
      return locked ? done({ vm: locked.vm }) : notThere("VM");
    },
    run: async (tx) => {
      const locked = await lockVm(tx, asked.vmId);
      if (!locked) return notThere("VM");
      const stale = versionConflict(locked.vm, asked.expectedVersion);
      if (stale) return stale;
      if (locked.vm.deletedAt) return refused(userError("ACTION_NOT_POSSIBLE", "vmId", "The VM is deleted."));
      return change(tx, locked);
    },
  });
