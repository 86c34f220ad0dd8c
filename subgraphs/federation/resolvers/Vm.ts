import { selects } from "#lib/relay.ts";
import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  providerVms: ({ id }, args, { loaders }, info) => loaders.providerVmsOfVm.load(id, args, selects(info, "totalCount")),
  migrations: ({ id }, args, { loaders }, info) => loaders.migrationsOfVm.load(id, args, selects(info, "totalCount")),
  violations: ({ id }, args, { loaders }, info) => loaders.violationsOfVm.load(id, args, selects(info, "totalCount")),
  costOptimizations: ({ id }, args, { loaders }, info) =>
    loaders.optimizationsOfVm.load(id, args, selects(info, "totalCount")),
};
