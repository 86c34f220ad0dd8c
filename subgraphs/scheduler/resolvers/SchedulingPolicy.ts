import type { SchedulingPolicyResolvers } from "../generated/resolvers.ts";

export const SchedulingPolicy: SchedulingPolicyResolvers = {
  type: ({ policyType }) => policyType,
};
