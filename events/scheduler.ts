import { z } from "zod";
import { entityEvents, id, idOrNull, recordEvent, removableEvents, text, textOrNull, timeOrNull } from "./catalogue.ts";
import { operationEvents } from "./operations.ts";

/** The events that the scheduler domain emits. */
export const schedulerEvents = {
  ...entityEvents("cluster", "Cluster", "A cluster", { name: text, status: text }),
  ...entityEvents("cluster_node", "ClusterNode", "A node", {
    name: text,
    status: text,
    clusterId: idOrNull,
    region: textOrNull,
  }),
  ...removableEvents("scheduling_policy", "SchedulingPolicy", "A scheduling policy", {
    name: text,
    enabled: z.boolean(),
  }),
  ...entityEvents("resource_allocation", "ResourceAllocation", "The allocation of a VM on a node", {
    vmId: id,
    nodeId: id,
    status: text,
  }),
  ...recordEvent("placement_decision", "PlacementDecision", "A placement decision", {
    vmId: id,
    selectedNodeId: idOrNull,
    decisionAlgorithm: text,
  }),
  ...entityEvents("scaling_recommendation", "ScalingRecommendation", "A recommended size", {
    vmId: id,
    appliedAt: timeOrNull,
  }),
  ...operationEvents("scheduler_operation", "SchedulerOperation", "scheduler"),
};
