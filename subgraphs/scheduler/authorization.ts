import { platformOnly, platformWith } from "#lib/request-context.ts";

/** What each root field needs, without which the subgraph does not start, and what of the others not everybody may read. */
export const authorization = {
  "Query.clusterNode": platformWith("node:read"),
  "Query.clusterNodes": platformWith("node:read"),
  "Query.cluster": platformWith("cluster:read"),
  "Query.clusters": platformWith("cluster:read"),
  "Query.schedulingPolicy": "scheduling:read",
  "Query.schedulingPolicies": "scheduling:read",
  "Query.resourceAllocations": "scheduling:read",
  "Query.schedulingDecision": "scheduling:read",
  "Query.schedulingDecisions": "scheduling:read",
  "Query.scalingRecommendations": "scheduling:read",
  // Nodes are the platform's. Of one under his VM, a tenant's user sees what it is called, where it is and whether it is well.
  "ClusterNode.hostname": platformOnly,
  "ClusterNode.ipAddress": platformOnly,
  "ClusterNode.nodeType": platformOnly,
  "ClusterNode.cluster": platformOnly,
  "ClusterNode.capacity": platformOnly,
  "ClusterNode.allocatable": platformOnly,
  "ClusterNode.allocated": platformOnly,
  "ClusterNode.gpuModel": platformOnly,
  "ClusterNode.labels": platformOnly,
  "ClusterNode.taints": platformOnly,
  "ClusterNode.lastHeartbeatAt": platformOnly,
  "ClusterNode.metadata": platformOnly,
  "ClusterNode.generation": platformOnly,
  "ClusterNode.createdAt": platformOnly,
  "ClusterNode.updatedAt": platformOnly,
  "SchedulingDecision.candidateNodes": platformOnly,
};
