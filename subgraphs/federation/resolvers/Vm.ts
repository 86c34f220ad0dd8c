import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  providerVms: ({ id }, args, { loaders }, info) => loaders.providerVmsOfVm.load(id, args, info),
  migrations: ({ id }, args, { loaders }, info) => loaders.migrationsOfVm.load(id, args, info),
  violations: ({ id }, args, { loaders }, info) => loaders.violationsOfVm.load(id, args, info),
  costOptimizations: ({ id }, args, { loaders }, info) => loaders.optimizationsOfVm.load(id, args, info),
};
