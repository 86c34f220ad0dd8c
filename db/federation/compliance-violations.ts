import { contains, during, is, isNull, oneOf } from "../filters.ts";
import { by, defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type ComplianceViolationRow, complianceViolations } from "./schema/compliance-violations.ts";

export const complianceViolationById = lookup<ComplianceViolationRow>({
  table: complianceViolations,
});

export const complianceViolationList = defineList<ComplianceViolationRow>({
  table: complianceViolations,
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
});

export const violationsOfPolicy = complianceViolationList.under(by(complianceViolations.policyId));
export const violationsOfVm = complianceViolationList.under(by(complianceViolations.vmId));
export const violationsOfProvider = complianceViolationList.under(by(complianceViolations.providerId));
export const violationsOfTenant = complianceViolationList.under(by(complianceViolations.tenantId));
