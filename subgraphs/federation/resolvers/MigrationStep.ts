import type { MigrationStepResolvers } from "../generated/resolvers.ts";

export const MigrationStep: MigrationStepResolvers = {
  number: ({ stepNumber }) => stepNumber,
  name: ({ stepName }) => stepName,
};
