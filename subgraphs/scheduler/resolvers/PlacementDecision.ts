import type { PlacementDecisionResolvers } from "../generated/resolvers.ts";

export const PlacementDecision: PlacementDecisionResolvers = {
  vm: ({ vmId }) => ({ id: vmId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  selectedNode: ({ selectedNodeId }, _args, { loaders }) =>
    selectedNodeId ? loaders.nodeById.load(selectedNodeId) : null,
  algorithm: ({ decisionAlgorithm }) => decisionAlgorithm,
  score: ({ decisionScore }) => decisionScore,
  factors: ({ decisionFactors }) => decisionFactors,
  decidedAt: ({ decisionTime }) => decisionTime,
};
