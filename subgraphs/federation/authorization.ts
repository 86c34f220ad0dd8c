/** What each root field needs, without which the subgraph does not start, and what of the others not everybody may read. */
export const authorization = {
  "Query.cloudProvider": "provider:read",
  "Query.cloudProviders": "provider:read",
  "Query.providerVms": "provider:read",
  "Query.migration": "migration:read",
  "Query.migrations": "migration:read",
  "Query.compliancePolicy": "compliance:read",
  "Query.compliancePolicies": "compliance:read",
  "Query.complianceViolations": "compliance:read",
  "Query.costOptimizations": "cost:read",
  "Query.instancePrices": "cost:read",
};
