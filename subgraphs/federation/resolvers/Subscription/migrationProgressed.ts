import type { LiveField } from "#lib/live/live-field.ts";
import { idFilter } from "#lib/live/subscription-filters.ts";
import type { FederationContext } from "../../context.ts";
import type { SubscriptionMigrationProgressedArgs } from "../../generated/resolvers.ts";
import type { MigrationProgress } from "../../mappers.ts";
import { type MigrationEvent, progressOf } from "../../migrations/progress.ts";

export const migrationProgressed: LiveField<
  SubscriptionMigrationProgressedArgs,
  FederationContext,
  MigrationProgress,
  MigrationProgress,
  MigrationEvent
> = {
  types: ["migration.created", "migration.updated", "migration_step.created", "migration_step.updated"],
  valuesFor: ({ migrationIds }) => {
    const migration = idFilter(migrationIds, "migrationIds");
    return (event) => {
      const progress = progressOf(event);
      return migration(progress.migrationId) ? [progress] : [];
    };
  },
  resolve: (progress) => progress,
};
