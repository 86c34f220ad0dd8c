import type { ComplianceHistory } from "#subgraphs/federation/compliance/record-compliance.ts";
import { day, generated, type HistoryFleet, hour, some } from "./history-fleet.ts";

/** Returns two policies, and violations of them by some VMs. */
export function complianceHistory(fleet: HistoryFleet): ComplianceHistory {
  const { id, ago, providerIds } = fleet;
  const policy = (name: string) => id("compliance-policy", name);
  return {
    policies: [
      {
        id: policy("residency"),
        name: "Personal data stays in the EU",
        framework: "GDPR",
        rules: [{ assert: "vm.region in ['eu-west-1', 'westeurope', 'europe-west1']", severity: "high" }],
        dataResidencyRequirements: { regions: ["eu-west-1", "westeurope", "europe-west1"] },
        metadata: generated,
        createdAt: ago(60 * day),
      },
      {
        id: policy("backup"),
        name: "Every VM has a backup of the last day",
        framework: "SOC2",
        rules: [{ assert: "vm.lastBackupAge < duration('P1D')", severity: "medium" }],
        metadata: generated,
        createdAt: ago(60 * day),
      },
    ],
    violations: some(fleet, 9, 4, (vm, at) => {
      const resolved = at % 27 === 4;
      return {
        id: id("violation", vm.id),
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
  };
}
