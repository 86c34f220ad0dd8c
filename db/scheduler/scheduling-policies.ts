import { contains, during, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { schedulingPolicyHistory } from "./change-history.ts";
import { schedulingPolicies } from "./schema/scheduling-policies.ts";

export const schedulingPolicyEntity = defineEntity({
  table: schedulingPolicies,
  history: schedulingPolicyHistory,
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
  under: {
    "Tenant.schedulingPolicies": by(schedulingPolicies.tenantId),
  },
});
