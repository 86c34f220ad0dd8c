import type { VmStateTransitionResolvers } from "../generated/resolvers.ts";

export const VmStateTransition: VmStateTransitionResolvers = {
  vm: ({ vmId }, _args, { loaders }) => loaders.vmById.load(vmId),
  initiatedBy: ({ initiatedBy }) => ({ id: initiatedBy }),
};
