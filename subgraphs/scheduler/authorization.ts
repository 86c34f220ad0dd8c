/** What each root field needs. Fields without an entry stop the start of the subgraph. */
export const authorization = {
  "Query.clusterNode": "node:read",
  "Query.clusterNodes": "node:read",
  "Query.cluster": "cluster:read",
  "Query.clusters": "cluster:read",
  "Query.schedulingPolicy": "scheduling:read",
  "Query.schedulingPolicies": "scheduling:read",
  "Query.resourceAllocations": "scheduling:read",
  "Query.schedulingDecision": "scheduling:read",
  "Query.schedulingDecisions": "scheduling:read",
  "Query.scalingRecommendations": "scheduling:read",
};
