import { changesOf } from "../changes.ts";
import { clusters } from "./schema/clusters.ts";
import { nodes } from "./schema/nodes.ts";
import { resourceAllocations } from "./schema/resource-allocations.ts";
import { scalingRecommendations } from "./schema/scaling-recommendations.ts";
import { schedulingDecisions } from "./schema/scheduling-decisions.ts";
import { schedulingPolicies } from "./schema/scheduling-policies.ts";

// Which tables have events. `events/scheduler.ts` lists the payload of each, column by column.

export const clusterChanges = changesOf(clusters, "cluster");
export const nodeChanges = changesOf(nodes, "cluster_node");
export const schedulingPolicyChanges = changesOf(schedulingPolicies, "scheduling_policy");
export const allocationChanges = changesOf(resourceAllocations, "resource_allocation");
export const schedulingDecisionChanges = changesOf(schedulingDecisions, "placement_decision");
export const scalingRecommendationChanges = changesOf(scalingRecommendations, "scaling_recommendation");
