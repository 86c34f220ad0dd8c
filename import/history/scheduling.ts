import { day, generated, type HistoryFleet, hour, some } from "./history-fleet.ts";

/** Returns a placement policy. */
export const policyHistory = ({ id, ago }: HistoryFleet) => [
  {
    id: id("scheduling-policy", "default"),
    name: "Pack tightly",
    description: "Fill a node before the next one is used.",
    policyType: "placement" as const,
    rules: [{ type: "weights", bestFit: 2, balanced: 1, preference: 7 }],
    metadata: generated,
    createdAt: ago(60 * day),
  },
];

/** Returns a recommendation to make a VM smaller, for some VMs. */
export const recommendationHistory = (fleet: HistoryFleet) =>
  some(fleet, 5, 0, (vm) => {
    const { cpuMillicores, memoryMb } = vm.resourceConfig;
    const smaller = Math.max(500, Math.ceil(cpuMillicores / 2));
    return {
      id: fleet.id("recommendation", vm.id),
      vmId: vm.id,
      currentResources: { cpuMillicores, memoryMb },
      recommendedResources: { cpuMillicores: smaller, memoryMb },
      predictionConfidence: 0.7,
      predictionHorizon: "P1D",
      costImpact: (-0.012 * Math.max(0, cpuMillicores - smaller)).toFixed(2),
      recommendationReason: "The VM used less than half of its cores on the last day.",
      mlModelVersion: "generated",
      metadata: generated,
      createdAt: fleet.ago(5 * hour),
    };
  });
