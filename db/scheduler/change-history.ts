import { because, historyOf } from "../change-history/history.ts";
import { clusters } from "./schema/clusters.ts";
import { nodes } from "./schema/nodes.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";
import { scalingRecommendations } from "./schema/scaling-recommendations.ts";
import { schedulingPolicies } from "./schema/scheduling-policies.ts";

// What is recorded of the changes to each entity (docs/change-history.md). Documents of any shape may hold secrets.

export const clusterHistory = historyOf(clusters, {
  type: "Cluster",
  tenant: null,
  recorded: ["name", "description", "clusterType", "version", "status"],
  noted: ["config", "metadata"],
  unrecorded: {
    id: because.isKey,
    rowVersion: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const nodeHistory = historyOf(nodes, {
  type: "ClusterNode",
  tenant: null,
  recorded: [
    "name",
    "hostname",
    "ipAddress",
    "nodeType",
    "clusterId",
    "region",
    "availabilityZone",
    "capacity",
    "allocatable",
    "allocationRules",
    "gpuModel",
    "labels",
    "taints",
    "status",
  ],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    allocated: "it follows from the allocations, whose changes are recorded",
    inventoriedAt: because.isTime,
    lastHeartbeat: "it changes with each heartbeat",
    heartbeatTimeoutSeconds: "it follows from how the node reports",
    generation: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const schedulingPolicyHistory = historyOf(schedulingPolicies, {
  type: "SchedulingPolicy",
  recorded: ["name", "description", "priority", "policyType", "enabled"],
  noted: ["rules", "constraints", "preferences", "antiAffinityRules", "resourceRequirements", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    version: because.isCounter,
    createdAt: because.isCreation,
    updatedAt: because.isTime,
  },
});

export const allocationHistory = historyOf(resourceAllocations, {
  type: "ResourceAllocation",
  recorded: [
    "allocationType",
    "cpuMillicores",
    "cpuMhz",
    "memoryMb",
    "storageGb",
    "networkBandwidthMbps",
    "gpuCount",
    "gpuMilli",
    "gpuType",
    "deallocatedAt",
    "status",
    "expiresAt",
  ],
  noted: ["metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    vmId: because.isParent,
    nodeId: because.isParent,
    cpuCores: "it follows from `cpuMillicores`",
    operationId: because.isCreation,
    tags: "they follow from the VM, whose changes are recorded",
    antiAffinity: "it follows from the VM's own rules",
    allocatedAt: because.isCreation,
    version: because.isCounter,
  },
});

export const scalingRecommendationHistory = historyOf(scalingRecommendations, {
  type: "ScalingRecommendation",
  recorded: [
    "currentResources",
    "recommendedResources",
    "predictionConfidence",
    "predictionHorizon",
    "costImpact",
    "currency",
    "recommendationReason",
    "appliedAt",
    "feedbackScore",
  ],
  noted: ["performanceImpact", "metadata"],
  unrecorded: {
    id: because.isKey,
    tenantId: because.isTenant,
    vmId: because.isParent,
    mlModelVersion: because.isCreation,
    version: because.isCounter,
    createdAt: because.isCreation,
  },
});
