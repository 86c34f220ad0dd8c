import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  placementDecision: ({ id }, _args, { loaders }) => loaders.latestDecisionOfVm.load(id),
};
