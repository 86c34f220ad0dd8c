import { updateVm } from "#db/vms/vm-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, type Services } from "#subgraphs/use-case.ts";
import type { ActionRequest } from "../lifecycle/begin-action.ts";
import { vmBusy } from "../slots/take-slot.ts";
import { changeVm, type VmOutcome } from "./change-vm.ts";

/**
 * Protects a VM: it cannot be deleted until it is unprotected. Everything else remains possible.
 * @throws PublicError VM_BUSY while the VM is being deleted
 */
export const protectVm = (services: Services, request: RequestContext, asked: ActionRequest): Promise<VmOutcome> =>
  changeVm(services, request, "protectVm", asked, async (tx, { vm, holder }) => {
    if (holder?.operationKind === "delete_vm") throw vmBusy(holder);
    return done({ vm: await updateVm(tx, vm, { isProtected: true }) });
  });

/** Removes the protection of a VM. */
export const unprotectVm = (services: Services, request: RequestContext, asked: ActionRequest): Promise<VmOutcome> =>
  changeVm(services, request, "unprotectVm", asked, async (tx, { vm }) =>
    done({ vm: await updateVm(tx, vm, { isProtected: false }) }),
  );
