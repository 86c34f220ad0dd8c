import { contains, during, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type VmMigrationStepRow, vmMigrationSteps } from "./schema/vm-migration-steps.ts";

export const vmMigrationStepById = lookup<VmMigrationStepRow>({ table: vmMigrationSteps });

const vmMigrationStepList = defineList<VmMigrationStepRow>({
  table: vmMigrationSteps,
  filters: {
    status: oneOf(vmMigrationSteps.status),
    startedAt: during(vmMigrationSteps.startedAt),
    text: contains(vmMigrationSteps.stepName, vmMigrationSteps.description, vmMigrationSteps.errorMessage),
  },
  orders: { NUMBER: vmMigrationSteps.stepNumber },
  defaultOrder: { field: "NUMBER", direction: "ASC" },
});

export const stepsOfMigration = vmMigrationStepList.under(by(vmMigrationSteps.migrationId));
