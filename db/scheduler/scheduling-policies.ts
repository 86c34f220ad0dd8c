import { contains, during, is, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type SchedulingPolicyRow, schedulingPolicies } from "./schema/scheduling-policies.ts";

export const schedulingPolicyById = lookup<SchedulingPolicyRow>({ table: schedulingPolicies });

export const schedulingPolicyList = defineList<SchedulingPolicyRow>({
  table: schedulingPolicies,
  filters: {
    name: oneOf(schedulingPolicies.name),
    type: oneOf(schedulingPolicies.policyType),
    enabled: is(schedulingPolicies.enabled),
    createdAt: during(schedulingPolicies.createdAt),
    text: contains(schedulingPolicies.name, schedulingPolicies.description),
  },
  orders: {
    CREATED_AT: schedulingPolicies.createdAt,
    NAME: schedulingPolicies.name,
    PRIORITY: schedulingPolicies.priority,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});

export const schedulingPoliciesOfTenant = schedulingPolicyList.under(by(schedulingPolicies.tenantId));
