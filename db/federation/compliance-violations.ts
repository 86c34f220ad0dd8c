import { contains, during, is, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { complianceViolationHistory } from "./change-history.ts";
import { complianceViolations } from "./schema/compliance-violations.ts";

export const complianceViolationEntity = defineEntity({
  table: complianceViolations,
  history: complianceViolationHistory,
  filters: {
    policy: oneOf(complianceViolations.policyId),
    vm: oneOf(complianceViolations.vmId),
    provider: oneOf(complianceViolations.providerId),
    type: oneOf(complianceViolations.violationType),
    severity: oneOf(complianceViolations.severity),
    open: isNull(complianceViolations.resolvedAt),
    autoRemediationApplied: is(complianceViolations.autoRemediationApplied),
    detectedAt: during(complianceViolations.detectedAt),
    resolvedAt: during(complianceViolations.resolvedAt),
    text: contains(
      complianceViolations.violationType,
      complianceViolations.description,
      complianceViolations.resolutionNotes,
    ),
  },
  orders: {
    DETECTED_AT: complianceViolations.detectedAt,
    SEVERITY: complianceViolations.severity,
    TYPE: complianceViolations.violationType,
  },
  defaultOrder: { field: "DETECTED_AT", direction: "DESC" },
  under: {
    "CompliancePolicy.violations": by(complianceViolations.policyId),
    "Vm.violations": by(complianceViolations.vmId),
    "CloudProvider.violations": by(complianceViolations.providerId),
    "Tenant.violations": by(complianceViolations.tenantId),
  },
});
