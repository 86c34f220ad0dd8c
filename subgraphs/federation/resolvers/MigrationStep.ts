import type { MigrationStepResolvers } from "../generated/resolvers.ts";

export const MigrationStep: MigrationStepResolvers = {
  tenant: ({ tenantId }) => ({ id: tenantId }),
  migration: ({ migrationId }, _args, { loaders }) => loaders.migrationById.load(migrationId),
  number: ({ stepNumber }) => stepNumber,
  name: ({ stepName }) => stepName,
};
