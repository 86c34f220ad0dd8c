import {
  allocationStatusEnum,
  allocationTypeEnum,
  clusterStatusEnum,
  nodeStatusEnum,
  nodeTypeEnum,
  policyTypeEnum,
} from "#db/scheduler/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import type { Resolvers } from "../generated/resolvers.ts";
import { Cluster } from "./Cluster.ts";
import { ClusterNode } from "./ClusterNode.ts";
import { ClusterNodePlatform } from "./ClusterNodePlatform.ts";
import { NodeResources } from "./NodeResources.ts";
import { cluster } from "./Query/cluster.ts";
import { clusterNode } from "./Query/clusterNode.ts";
import { clusterNodes } from "./Query/clusterNodes.ts";
import { clusters } from "./Query/clusters.ts";
import { resourceAllocations } from "./Query/resourceAllocations.ts";
import { scalingRecommendations } from "./Query/scalingRecommendations.ts";
import { placementDecision } from "./Query/placementDecision.ts";
import { placementDecisions } from "./Query/placementDecisions.ts";
import { schedulingPolicies } from "./Query/schedulingPolicies.ts";
import { schedulingPolicy } from "./Query/schedulingPolicy.ts";
import { ResourceAllocation } from "./ResourceAllocation.ts";
import { ResourceAmounts } from "./ResourceAmounts.ts";
import { ScalingRecommendation } from "./ScalingRecommendation.ts";
import { PlacementDecision } from "./PlacementDecision.ts";
import { SchedulingPolicy } from "./SchedulingPolicy.ts";
import { Tenant } from "./Tenant.ts";
import { Vm } from "./Vm.ts";

export const resolvers: Resolvers = {
  Query: {
    cluster,
    clusterNode,
    clusterNodes,
    clusters,
    resourceAllocations,
    scalingRecommendations,
    placementDecision,
    placementDecisions,
    schedulingPolicies,
    schedulingPolicy,
  },
  Cluster,
  ClusterNode,
  ClusterNodePlatform,
  NodeResources,
  ResourceAllocation,
  ResourceAmounts,
  ScalingRecommendation,
  PlacementDecision,
  SchedulingPolicy,
  Tenant,
  Vm,
  AllocationStatus: enumValues(allocationStatusEnum.enumValues),
  AllocationType: enumValues(allocationTypeEnum.enumValues),
  ClusterStatus: enumValues(clusterStatusEnum.enumValues),
  NodeStatus: enumValues(nodeStatusEnum.enumValues),
  NodeType: enumValues(nodeTypeEnum.enumValues),
  PolicyType: enumValues(policyTypeEnum.enumValues),
  // Taints are stored in the spelling of Kubernetes.
  TaintEffect: {
    NO_SCHEDULE: "NoSchedule",
    PREFER_NO_SCHEDULE: "PreferNoSchedule",
    NO_EXECUTE: "NoExecute",
  },
};
