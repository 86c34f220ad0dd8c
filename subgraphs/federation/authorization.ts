/** What each root field needs. Fields without an entry stop the start of the subgraph. */
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
