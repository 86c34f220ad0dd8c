import type { RecordedRow } from "#db/record-rows.ts";
import type { resourceAllocations } from "#db/scheduler/schema/resource-allocations.ts";
import { importedId } from "#lib/uuid.ts";
import type { PlacementCall } from "../placement/placement-call.ts";
import { claimOf, type PlacementRequest } from "../placement/request.ts";
import type { Tags } from "../rules/rule-language.ts";

/** Returns the claim of a VM on the node where it was placed. Its id is the same for a VM and a node, so that a claim is made once. */
export function claimRow(
  tenantId: string,
  { vmId, nodeId, request, tags }: { vmId: string; nodeId: string; request: PlacementRequest; tags: Tags },
  now: Date,
): RecordedRow<typeof resourceAllocations> {
  return {
    ...amounts(request),
    id: importedId("placement", tenantId, vmId, nodeId),
    vmId,
    nodeId,
    allocatedAt: now,
    status: "active",
    tags: { ...tags },
    metadata: { origin: "placement" },
  };
}

/** How long an operation has to use what it has reserved. It is a net below the undos of operations, so it is longer than any step takes. */
const reservedForMs = 3_600_000;

/** Returns the reservation of an operation on a node. */
export const reservationRow = (
  { vmId, operationId, request, tags, rules }: PlacementCall,
  { id, nodeId, gpuModel }: { id: string; nodeId: string; gpuModel: string | null },
) => ({
  ...amounts(request),
  id,
  vmId,
  nodeId,
  gpuType: claimOf(request).gpuCount > 0 ? gpuModel : null,
  status: "reserved" as const,
  expiresAt: new Date(Date.now() + reservedForMs),
  operationId,
  tags: { ...tags },
  antiAffinity: rules.flatMap((rule) => (rule.type === "antiAffinity" ? [{ scope: rule.scope, tags: rule.tags }] : [])),
});

function amounts(request: PlacementRequest) {
  const { networkMbps, ...rest } = claimOf(request);
  return { ...rest, allocationType: "guaranteed" as const, networkBandwidthMbps: networkMbps };
}
