import { platformOnly, platformWith } from "#lib/trust/request-context.ts";

/** The permission or policy of each root field, required for the subgraph to start, and of each other type and field with restricted access. */
export const authorization = {
  "Query.clusterNode": platformWith("node:read"),
  "Query.clusterNodes": platformWith("node:read"),
  "Query.cluster": platformWith("cluster:read"),
  "Query.clusters": platformWith("cluster:read"),
  "Query.schedulingPolicy": "scheduling:read",
  "Query.schedulingPolicies": "scheduling:read",
  "Query.resourceAllocations": "scheduling:read",
  "Query.placementDecision": "scheduling:read",
  "Query.placementDecisions": "scheduling:read",
  "Query.scalingRecommendations": "scheduling:read",
  "PlacementDecision.candidateNodes": platformOnly,
  // On every path by which they are reached.
  // Nodes belong to the platform. A tenant's user sees only the name, location and status of a node that runs one of their VMs.
  ClusterNodePlatform: platformOnly,
  Cluster: platformWith("cluster:read"),
  ClusterConnection: platformWith("cluster:read"),
  SchedulingPolicy: "scheduling:read",
  SchedulingPolicyConnection: "scheduling:read",
  ResourceAllocation: "scheduling:read",
  ResourceAllocationConnection: "scheduling:read",
  PlacementDecision: "scheduling:read",
  PlacementDecisionConnection: "scheduling:read",
  ScalingRecommendation: "scheduling:read",
  ScalingRecommendationConnection: "scheduling:read",
};
