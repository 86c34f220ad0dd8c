import type { UserResolvers } from "../generated/resolvers.ts";

export const User: UserResolvers = {
  initiatedMigrations: ({ id }, args, { loaders }, info) => loaders.migrationsInitiatedBy.load(id, args, info),
};
