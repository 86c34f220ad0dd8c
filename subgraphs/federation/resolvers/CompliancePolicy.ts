import type { CompliancePolicyResolvers } from "../generated/resolvers.ts";

export const CompliancePolicy: CompliancePolicyResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  violations: ({ id }, args, { loaders }, info) => loaders.violationsOfPolicy.load(id, args, info),
};
