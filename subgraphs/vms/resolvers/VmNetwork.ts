import type { VmNetworkResolvers } from "../generated/resolvers.ts";

export const VmNetwork: VmNetworkResolvers = {
  vm: ({ vmId }, _args, { loaders }) => loaders.vmById.load(vmId),
};
