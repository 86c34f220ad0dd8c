import { z } from "zod";
import { defineEvent, entityEvents, id, idOrNull, text, textOrNull, time, timeOrNull } from "./catalogue.ts";
import { operationEvents } from "./operations.ts";

/** The values of a migration that its subscribers filter by. */
export const migrationSnapshot = {
  vmId: id,
  migrationType: text,
  status: text,
  currentPhase: textOrNull,
  sourceProvider: idOrNull,
  destinationProvider: idOrNull,
  sourceNodeId: idOrNull,
  destinationNodeId: idOrNull,
  initiatedBy: id,
  approvedBy: idOrNull,
  createdAt: time,
  startedAt: timeOrNull,
  completedAt: timeOrNull,
};
const snapshot = z.object(migrationSnapshot);
export type MigrationSnapshot = z.output<typeof snapshot>;

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
  ...entityEvents("migration", "Migration", "A migration", { ...migrationSnapshot, progressPercentage: z.int() }, [
    "migrationType",
    "sourceProvider",
    "destinationProvider",
    "sourceNodeId",
    "destinationNodeId",
    "initiatedBy",
    "approvedBy",
    "createdAt",
    "startedAt",
    "completedAt",
  ]),
  ...entityEvents(
    "migration_step",
    "MigrationStep",
    "A step of a migration",
    {
      migrationId: id,
      stepNumber: z.int(),
      stepName: text,
      status: text,
      // The step's migration, so that a subscriber can filter steps without a query for it.
      migration: snapshot,
    },
    ["migration"],
  ),
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
  "instance_prices.changed": defineEvent(
    "InstancePrice",
    "Prices of the catalogue were added, changed or removed, one event per batch; `rows` counts them.",
    { providerTypes: z.array(z.string()), rows: z.int().positive() },
  ),
  ...operationEvents("federation_operation", "FederationOperation", "federation"),
};
