import type { RecordedRow } from "#db/record-rows.ts";
import type { resourceAllocations } from "#db/scheduler/schema/resource-allocations.ts";
import { importedId } from "#lib/uuid.ts";
import { claimOf, type PlacementRequest } from "../placement/request.ts";

/** Returns the claim of a VM on the node where it was placed. Its id is the same for a VM and a node, so that a claim is made once. */
export function claimRow(
  tenantId: string,
  { vmId, nodeId, request }: { vmId: string; nodeId: string; request: PlacementRequest },
  now: Date,
): RecordedRow<typeof resourceAllocations> {
  const { networkMbps, ...amounts } = claimOf(request);
  return {
    ...amounts,
    id: importedId("placement", tenantId, vmId, nodeId),
    vmId,
    nodeId,
    allocationType: "guaranteed",
    networkBandwidthMbps: networkMbps,
    allocatedAt: now,
    status: "active",
    metadata: { origin: "placement" },
  };
}
