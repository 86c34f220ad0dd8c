import type { UserResolvers } from "../generated/resolvers.ts";

export const User: UserResolvers = {
  vms: ({ id }, args, { loaders }, info) => loaders.vmsOfOwner.load(id, args, info),
  vmTemplates: ({ id }, args, { loaders }, info) => loaders.templatesOfOwner.load(id, args, info),
};
