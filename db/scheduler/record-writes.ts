import { recorder } from "../record-rows.ts";
import {
  allocationChanges,
  clusterChanges,
  nodeChanges,
  scalingRecommendationChanges,
  schedulingDecisionChanges,
  schedulingPolicyChanges,
} from "./changes.ts";

export const addClusters = recorder(clusterChanges);
export const addNodes = recorder(nodeChanges);
export const addOrRenameClusters = recorder(clusterChanges, { update: ["name", "description"] });
/** Adds nodes, and gives existing ones the given size. The allocated amounts come from the claims; status and heartbeat come from the node. */
export const addOrResizeNodes = recorder(nodeChanges, { update: ["capacity", "allocatable", "gpuModel", "clusterId"] });
export const addAllocations = recorder(allocationChanges);
export const addSchedulingDecisions = recorder(schedulingDecisionChanges);
export const addSchedulingPolicies = recorder(schedulingPolicyChanges);
export const addScalingRecommendations = recorder(scalingRecommendationChanges);
