import { during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type VmStateTransitionRow, vmStateTransitions } from "./schema/vm-state-transitions.ts";

export const vmStateTransitionById = lookup<VmStateTransitionRow>({ table: vmStateTransitions });

export const vmStateTransitionList = defineList<VmStateTransitionRow>({
  table: vmStateTransitions,
  filters: {
    vm: oneOf(vmStateTransitions.vmId),
    fromState: oneOf(vmStateTransitions.fromState),
    toState: oneOf(vmStateTransitions.toState),
    initiatedBy: oneOf(vmStateTransitions.initiatedBy),
    createdAt: during(vmStateTransitions.createdAt),
  },
  orders: { CREATED_AT: vmStateTransitions.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

export const transitionsOfVm = vmStateTransitionList.under(by(vmStateTransitions.vmId));
