import type { SchedulingDecisionResolvers } from "../generated/resolvers.ts";

export const SchedulingDecision: SchedulingDecisionResolvers = {
  decidedAt: ({ decisionTime }) => decisionTime,
};
