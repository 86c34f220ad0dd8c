import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  allocations: ({ id }, args, { loaders }, info) => loaders.allocationsOfVm.load(id, args, info),
  placementDecisions: ({ id }, args, { loaders }, info) => loaders.decisionsOfVm.load(id, args, info),
  recommendations: ({ id }, args, { loaders }, info) => loaders.recommendationsForVm.load(id, args, info),
  placementDecision: ({ id }, _args, { loaders }) => loaders.latestDecisionOfVm.load(id),
};
