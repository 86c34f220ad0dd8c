import { contains, during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { migrationSteps } from "./schema/migration-steps.ts";

export const migrationStepEntity = defineEntity({
  table: migrationSteps,
  filters: {
    status: oneOf(migrationSteps.status),
    startedAt: during(migrationSteps.startedAt),
    text: contains(migrationSteps.stepName, migrationSteps.description, migrationSteps.errorMessage),
  },
  orders: { STEP_NUMBER: migrationSteps.stepNumber },
  defaultOrder: { field: "STEP_NUMBER", direction: "ASC" },
  under: {
    "Migration.steps": by(migrationSteps.migrationId),
  },
});
