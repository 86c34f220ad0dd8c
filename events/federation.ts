import { z } from "zod";
import { entityEvents, id, idOrNull, text, textOrNull, timeOrNull } from "./catalogue.ts";

/** The events that the multi-cloud domain emits. */
export const federationEvents = {
  ...entityEvents("cloud_provider", "CloudProvider", "A cloud provider", {
    name: text,
    providerType: text,
    healthStatus: text,
    enabled: z.boolean(),
  }),
  ...entityEvents("provider_vm", "ProviderVm", "A VM at a provider", {
    localVmId: id,
    providerId: id,
    state: text,
    instanceType: textOrNull,
    costPerHour: textOrNull,
  }),
  ...entityEvents("migration", "Migration", "A migration", {
    vmId: id,
    status: text,
    progressPercentage: z.int(),
    currentPhase: textOrNull,
  }),
  ...entityEvents("migration_step", "MigrationStep", "A step of a migration", {
    migrationId: id,
    stepNumber: z.int(),
    stepName: text,
    status: text,
  }),
  ...entityEvents("compliance_policy", "CompliancePolicy", "A compliance policy", {
    name: text,
    framework: text,
    enabled: z.boolean(),
  }),
  ...entityEvents("compliance_violation", "ComplianceViolation", "A violation of a compliance policy", {
    policyId: id,
    vmId: idOrNull,
    severity: text,
    resolvedAt: timeOrNull,
  }),
  ...entityEvents("cost_optimization", "CostOptimization", "A way to pay less for a VM", {
    vmId: id,
    optimizationType: text,
    status: text,
  }),
  "instance_prices.changed": {
    version: 1,
    entity: "InstancePrice",
    description: "Prices of the catalogue were added, changed or removed, one event per batch; `rows` counts them.",
    payload: z.object({ providerTypes: z.array(z.string()), rows: z.int().positive() }),
  },
};
