/** The kinds of objects of which tests insert rows. */
export const kinds = [
  "tenant",
  "user",
  "role",
  "apiKey",
  "userSession",
  "authAuditEntry",
  "vm",
  "vmTemplate",
  "vmSnapshot",
  "vmNetwork",
  "vmStateTransition",
  "alertRule",
  "alert",
  "metricImport",
  "cloudProvider",
  "providerVm",
  "migration",
  "migrationStep",
  "compliancePolicy",
  "complianceViolation",
  "costOptimization",
  "instancePrice",
  "cluster",
  "clusterNode",
  "schedulingPolicy",
  "resourceAllocation",
  "placementDecision",
  "scalingRecommendation",
] as const;
export type Kind = (typeof kinds)[number];

const hex = (value: number, width: number) => value.toString(16).padStart(width, "0");

/** Returns the beginning of the ids of all rows of a kind that belong to the tenant of this number. */
export const idPrefix = (tenant: number, kind: Kind) =>
  `0197a000-${hex(tenant, 4)}-7000-8${hex(kinds.indexOf(kind), 3)}-`;
