import type { ScalingRecommendationResolvers } from "../generated/resolvers.ts";

export const ScalingRecommendation: ScalingRecommendationResolvers = {
  vm: ({ vmId }) => ({ id: vmId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  reason: ({ recommendationReason }) => recommendationReason,
};
