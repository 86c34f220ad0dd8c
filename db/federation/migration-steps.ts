import { contains, during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type MigrationStepRow, migrationSteps } from "./schema/migration-steps.ts";

export const migrationStepById = lookup<MigrationStepRow>({ table: migrationSteps });

const migrationStepList = defineList<MigrationStepRow>({
  table: migrationSteps,
  filters: {
    status: oneOf(migrationSteps.status),
    startedAt: during(migrationSteps.startedAt),
    text: contains(migrationSteps.stepName, migrationSteps.description, migrationSteps.errorMessage),
  },
  orders: { NUMBER: migrationSteps.stepNumber },
  defaultOrder: { field: "NUMBER", direction: "ASC" },
});

export const stepsOfMigration = migrationStepList.under(by(migrationSteps.migrationId));
