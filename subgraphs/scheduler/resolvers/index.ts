import {
  allocationStatusEnum,
  allocationTypeEnum,
  clusterStatusEnum,
  nodeStatusEnum,
  nodeTypeEnum,
  policyTypeEnum,
} from "#db/scheduler/schema/enums.ts";
import { enumValues } from "#lib/graphql/enum-values.ts";
import { serviceResolvers } from "#subgraphs/end-operation.ts";
import { operationResolvers } from "#subgraphs/operation-fields.ts";
import { mutationResolvers } from "#subgraphs/mutations.ts";
import { activateAllocation } from "../allocations/activate-allocation.ts";
import { releaseAllocation } from "../allocations/release-allocation.ts";
import { resizeAllocation, settleAllocation } from "../allocations/resize-allocation.ts";
import type { UserErrorCode } from "../generated/enums.ts";
import type { MutationResolvers, Resolvers } from "../generated/resolvers.ts";
import * as policies from "../policies/policies.ts";
import type { SchedulerServices } from "../services.ts";
import { reservePlacement } from "../placement/reserve-placement.ts";
import { Cluster } from "./Cluster.ts";
import { ClusterNode } from "./ClusterNode.ts";
import { ClusterNodePlatform } from "./ClusterNodePlatform.ts";
import { NodeResources } from "./NodeResources.ts";
import { PlacementDecision } from "./PlacementDecision.ts";
import { reservedNodes } from "./Query/reservedNodes.ts";
import { ResourceAllocation } from "./ResourceAllocation.ts";
import { ResourceAmounts } from "./ResourceAmounts.ts";
import { ScalingRecommendation } from "./ScalingRecommendation.ts";
import { SchedulingPolicy } from "./SchedulingPolicy.ts";
import { Vm } from "./Vm.ts";

const ofServices = serviceResolvers("SchedulerOperation");
const useCases = {
  reservePlacement,
  activateAllocation,
  releaseAllocation,
  resizeAllocation,
  settleAllocation,
  ...policies,
};

export const resolvers: Resolvers = {
  Query: { ...ofServices.Query, reservedNodes },
  Mutation: {
    ...ofServices.Mutation,
    ...mutationResolvers<Omit<MutationResolvers, keyof typeof ofServices.Mutation>, UserErrorCode, SchedulerServices>(
      useCases,
    ),
  },
  ...operationResolvers("SchedulerOperation"),
  Cluster,
  ClusterNode,
  ClusterNodePlatform,
  NodeResources,
  PlacementDecision,
  ResourceAllocation,
  ResourceAmounts,
  ScalingRecommendation,
  SchedulingPolicy,
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
