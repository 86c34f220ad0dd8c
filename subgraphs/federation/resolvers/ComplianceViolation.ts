import type { ComplianceViolationResolvers } from "../generated/resolvers.ts";

export const ComplianceViolation: ComplianceViolationResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  policy: ({ policyId }, _args, { loaders }) => loaders.policyById.load(policyId),
  vm: ({ vmId }) => (vmId ? { id: vmId } : null),
  provider: ({ providerId }, _args, { loaders }) => (providerId ? loaders.providerById.load(providerId) : null),
  type: ({ violationType }) => violationType,
};
