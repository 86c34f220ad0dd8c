import { during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { vmStateTransitions } from "./schema/vm-state-transitions.ts";

export const vmStateTransitionEntity = defineEntity({
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
  under: {
    "Vm.transitions": by(vmStateTransitions.vmId),
  },
});
