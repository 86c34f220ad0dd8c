import type { SchedulingPolicyResolvers } from "../generated/resolvers.ts";

export const SchedulingPolicy: SchedulingPolicyResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  type: ({ policyType }) => policyType,
};
