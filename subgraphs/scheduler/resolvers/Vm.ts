import { selects } from "#lib/relay.ts";
import type { VmResolvers } from "../generated/resolvers.ts";

export const Vm: VmResolvers = {
  allocations: ({ id }, args, { loaders }, info) => loaders.allocationsOfVm.load(id, args, selects(info, "totalCount")),
  decisions: ({ id }, args, { loaders }, info) => loaders.decisionsOfVm.load(id, args, selects(info, "totalCount")),
  recommendations: ({ id }, args, { loaders }, info) =>
    loaders.recommendationsForVm.load(id, args, selects(info, "totalCount")),
  placementDecision: ({ id }, _args, { loaders }) => loaders.latestDecisionOfVm.load(id),
};
