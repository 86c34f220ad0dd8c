import type { MigrationResolvers } from "../generated/resolvers.ts";

export const Migration: MigrationResolvers = {
  estimatedCompletionAt: ({ estimatedCompletionTime }) => estimatedCompletionTime,
};
