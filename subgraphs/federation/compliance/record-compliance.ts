import type { Database, Scope } from "#db/client.ts";
import { addCompliancePolicies, addComplianceViolations } from "#db/federation/record-writes.ts";
import type { compliancePolicies } from "#db/federation/schema/compliance-policies.ts";
import type { complianceViolations } from "#db/federation/schema/compliance-violations.ts";
import type { RecordedRow } from "#db/record-rows.ts";

export interface ComplianceHistory {
  policies: readonly RecordedRow<typeof compliancePolicies>[];
  violations: readonly RecordedRow<typeof complianceViolations>[];
}

/** Records policies and violations of them. What is recorded already stays as it is. @returns how many rows were added */
export const recordCompliance = (database: Database, scope: Scope, history: ComplianceHistory): Promise<number> =>
  database.write(
    scope,
    async (tx) =>
      (await addCompliancePolicies(tx, history.policies)) + (await addComplianceViolations(tx, history.violations)),
  );
