import { compliancePolicyChanges, complianceViolationChanges } from "#db/federation/changes.ts";
import type { WriteTx } from "#db/client.ts";
import { compliancePolicies } from "#db/federation/schema/compliance-policies.ts";
import { complianceViolations } from "#db/federation/schema/compliance-violations.ts";
import { upsert } from "#db/upsert.ts";
import { day, generated, type HistoryFleet, hour, leaveExisting, some } from "./history-fleet.ts";

/** Writes two policies, and violations of them by some VMs. Returns how many rows were written. */
export async function writeCompliance(tx: WriteTx, fleet: HistoryFleet): Promise<number> {
  const { tenantId, id, ago, providerIds } = fleet;
  const policy = (name: string) => id("compliance-policy", name);
  const policies = await upsert(
    tx,
    compliancePolicies,
    [
      {
        id: policy("residency"),
        tenantId,
        name: "Personal data stays in the EU",
        framework: "GDPR",
        rules: [{ assert: "vm.region in ['eu-west-1', 'westeurope', 'europe-west1']", severity: "high" }],
        dataResidencyRequirements: { regions: ["eu-west-1", "westeurope", "europe-west1"] },
        metadata: generated,
        createdAt: ago(60 * day),
      },
      {
        id: policy("backup"),
        tenantId,
        name: "Every VM has a backup of the last day",
        framework: "SOC2",
        rules: [{ assert: "vm.lastBackupAge < duration('P1D')", severity: "medium" }],
        metadata: generated,
        createdAt: ago(60 * day),
      },
    ],
    { ...leaveExisting, emits: compliancePolicyChanges },
  );
  const violations = await upsert(
    tx,
    complianceViolations,
    some(fleet, 9, 4, (vm, at) => {
      const resolved = at % 27 === 4;
      return {
        id: id("violation", vm.id),
        tenantId,
        policyId: at % 2 === 0 ? policy("backup") : policy("residency"),
        vmId: vm.id,
        providerId: at % 2 === 0 ? null : (providerIds[0] ?? null),
        violationType: at % 2 === 0 ? "backup_missing" : "data_residency",
        severity: at % 2 === 0 ? ("medium" as const) : ("high" as const),
        description: at % 2 === 0 ? `${vm.name} has no backup of the last day` : `${vm.name} may run outside the EU`,
        detectedAt: ago((2 + (at % 60)) * hour),
        resolvedAt: resolved ? ago(hour) : null,
        resolutionNotes: resolved ? "backup taken by hand" : null,
        metadata: generated,
      };
    }),
    { ...leaveExisting, emits: complianceViolationChanges },
  );
  return policies + violations;
}
