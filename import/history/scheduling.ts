import { scalingRecommendationChanges, schedulingPolicyChanges } from "#db/scheduler/changes.ts";
import type { WriteTx } from "#db/client.ts";
import { scalingRecommendations } from "#db/scheduler/schema/scaling-recommendations.ts";
import { schedulingPolicies } from "#db/scheduler/schema/scheduling-policies.ts";
import { upsert } from "#db/upsert.ts";
import { day, generated, type HistoryFleet, hour, leaveExisting, some } from "./history-fleet.ts";

/** Writes a placement policy and, for some VMs, a recommendation to make them smaller. Returns how many rows were written. */
export async function writeScheduling(tx: WriteTx, fleet: HistoryFleet): Promise<number> {
  const { tenantId, id, ago } = fleet;
  const policies = await upsert(
    tx,
    schedulingPolicies,
    [
      {
        id: id("scheduling-policy", "default"),
        tenantId,
        name: "Pack tightly",
        description: "Fill a node before the next one is used.",
        policyType: "placement",
        rules: [
          { score: "bestFit", weight: 2 },
          { score: "balanced", weight: 1 },
        ],
        metadata: generated,
        createdAt: ago(60 * day),
      },
    ],
    { ...leaveExisting, emits: schedulingPolicyChanges },
  );
  const recommendations = await upsert(
    tx,
    scalingRecommendations,
    some(fleet, 5, 0, (vm) => {
      const { cpuMillicores, memoryMb } = vm.resourceConfig;
      const smaller = Math.max(500, Math.ceil(cpuMillicores / 2));
      return {
        id: id("recommendation", vm.id),
        tenantId,
        vmId: vm.id,
        currentResources: { cpuMillicores, memoryMb },
        recommendedResources: { cpuMillicores: smaller, memoryMb },
        predictionConfidence: 0.7,
        predictionHorizon: "P1D",
        costImpact: (-0.012 * Math.max(0, cpuMillicores - smaller)).toFixed(2),
        recommendationReason: "The VM used less than half of its cores on the last day.",
        mlModelVersion: "generated",
        metadata: generated,
        createdAt: ago(5 * hour),
      };
    }),
    { ...leaveExisting, emits: scalingRecommendationChanges },
  );
  return policies + recommendations;
}
