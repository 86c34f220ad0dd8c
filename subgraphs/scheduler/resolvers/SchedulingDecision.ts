import type { SchedulingDecisionResolvers } from "../generated/resolvers.ts";

export const SchedulingDecision: SchedulingDecisionResolvers = {
  vm: ({ vmId }) => ({ id: vmId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  selectedNode: ({ selectedNodeId }, _args, { loaders }) =>
    selectedNodeId ? loaders.nodeById.load(selectedNodeId) : null,
  decidedAt: ({ decisionTime }) => decisionTime,
};
