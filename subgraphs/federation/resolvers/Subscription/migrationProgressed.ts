import { vmMigrationEntity } from "#db/federation/vm-migrations.ts";
import { isHeld, type Undecided } from "#lib/live/list-filter.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import type { FederationContext } from "../../context.ts";
import type { SubscriptionMigrationProgressedArgs } from "../../generated/resolvers.ts";
import type { MigrationProgress } from "../../mappers.ts";
import { type MigrationEvent, progressOf } from "../../migrations/progress.ts";

export const migrationProgressed: LiveField<
  SubscriptionMigrationProgressedArgs,
  FederationContext,
  MigrationProgress & Undecided,
  MigrationProgress,
  MigrationEvent
> = {
  types: ["migration.created", "migration.updated", "migration_step.created", "migration_step.updated"],
  valuesFor: ({ filter }) => {
    const isListed = vmMigrationEntity.list.rowFilter(filter);
    return (event) => {
      const progress = progressOf(event);
      // The event of a step has the values of its migration; older ones have none.
      const migration =
        event.type === "migration_step.created" || event.type === "migration_step.updated"
          ? event.payload.migration
          : event.payload;
      const undecided = isListed({ ...migration, id: progress.migrationId }, progress.changedAt);
      return undecided ? [{ ...progress, undecided }] : [];
    };
  },
  admits: (progress, { filter }, { loaders }) =>
    isHeld(progress, filter, (rest) => loaders.Migration.isListed(progress.migrationId, rest)),
  resolve: (progress) => progress,
};
