import type { MigrationProgressResolvers } from "../generated/resolvers.ts";

export const MigrationProgress: MigrationProgressResolvers = {
  migration: ({ migrationId }, _args, { loaders }) => loaders.Migration.load(migrationId),
};
