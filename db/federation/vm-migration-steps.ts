import { contains, during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { vmMigrationStepHistory } from "./change-history.ts";
import { vmMigrationSteps } from "./schema/vm-migration-steps.ts";

export const vmMigrationStepEntity = defineEntity({
  table: vmMigrationSteps,
  history: vmMigrationStepHistory,
  filters: {
    status: oneOf(vmMigrationSteps.status),
    startedAt: during(vmMigrationSteps.startedAt),
    text: contains(vmMigrationSteps.stepName, vmMigrationSteps.description, vmMigrationSteps.errorMessage),
  },
  orders: { NUMBER: vmMigrationSteps.stepNumber },
  defaultOrder: { field: "NUMBER", direction: "ASC" },
  under: {
    "Migration.steps": by(vmMigrationSteps.migrationId),
  },
});
