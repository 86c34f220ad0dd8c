import type { PlacementDecisionResolvers } from "../generated/resolvers.ts";

export const PlacementDecision: PlacementDecisionResolvers = {
  algorithm: ({ decisionAlgorithm }) => decisionAlgorithm,
  score: ({ decisionScore }) => decisionScore,
  factors: ({ decisionFactors }) => decisionFactors,
  decidedAt: ({ decisionTime }) => decisionTime,
};
