import { contains, during, is, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { compliancePolicies, type CompliancePolicyRow } from "./schema/compliance-policies.ts";

export const compliancePolicyById = lookup<CompliancePolicyRow>({ table: compliancePolicies });

export const compliancePolicyList = defineList<CompliancePolicyRow>({
  table: compliancePolicies,
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
});

export const compliancePoliciesOfTenant = compliancePolicyList.under(by(compliancePolicies.tenantId));
