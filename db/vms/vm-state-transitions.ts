import { sql } from "drizzle-orm";
import { during, type Filter, hasTags, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmStateTransitions } from "./schema/vm-state-transitions.ts";
import { vms } from "./schema/vms.ts";

/** The transition's VM meets the condition. The event of a transition has these properties of its VM. */
const ofVm =
  (filter: Filter): Filter =>
  (name, value, argument) => {
    const condition = filter(name, value, argument);
    return {
      ...condition,
      sql: sql`exists (select from ${vms} where ${vms.id} = ${vmStateTransitions.vmId} and ${ofTenant(vms.tenantId)} and ${condition.sql})`,
    };
  };

export const vmStateTransitionEntity = defineEntity({
  table: vmStateTransitions,
  filters: {
    vm: oneOf(vmStateTransitions.vmId),
    fromState: oneOf(vmStateTransitions.fromState),
    toState: oneOf(vmStateTransitions.toState),
    node: ofVm(oneOf(vms.nodeId)),
    owner: ofVm(oneOf(vms.ownerId)),
    tags: ofVm(hasTags(vms.tags)),
    initiatedBy: oneOf(vmStateTransitions.initiatedBy),
    createdAt: during(vmStateTransitions.createdAt),
  },
  orders: { CREATED_AT: vmStateTransitions.createdAt },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Vm.transitions": by(vmStateTransitions.vmId),
  },
});
