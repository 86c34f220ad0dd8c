import { contains, during, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { compliancePolicyHistory } from "./change-history.ts";
import { compliancePolicies } from "./schema/compliance-policies.ts";

export const compliancePolicyEntity = defineEntity({
  table: compliancePolicies,
  history: compliancePolicyHistory,
  filters: {
    id: oneOf(compliancePolicies.id),
    framework: oneOf(compliancePolicies.framework),
    enabled: is(compliancePolicies.enabled),
    createdAt: during(compliancePolicies.createdAt),
    text: contains(compliancePolicies.name, compliancePolicies.description),
  },
  orders: {
    CREATED_AT: compliancePolicies.createdAt,
    UPDATED_AT: compliancePolicies.updatedAt,
    NAME: compliancePolicies.name,
    FRAMEWORK: compliancePolicies.framework,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Tenant.compliancePolicies": by(compliancePolicies.tenantId),
  },
});
