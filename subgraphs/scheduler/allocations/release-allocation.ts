import { type Claim, lockClaims, setClaimStatus } from "#db/scheduler/claim-writes.ts";
import { passFence } from "#db/scheduler/fence-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, type Outcome, type Services, write } from "#subgraphs/use-case.ts";
import { fencedCall } from "../placement/placement-call.ts";
import type { AllocationInput } from "./activate-allocation.ts";
import { outdated } from "./errors.ts";

export interface ReleaseInput extends AllocationInput {
  /** Only the allocation on this node; all of the VM when absent. */
  nodeId?: string | null | undefined;
  /** Only what the operation itself has reserved: the undo of `reservePlacement`. */
  ownOnly?: boolean | null | undefined;
}

/**
 * Releases the allocations of a VM, also those that were reserved and never used. Nothing to release is no error. A VM that was to move and does not keeps the
 * allocation that it has. Unless only those of one node are released, the operation reserves no more: a call that was sent before and arrives later is refused.
 * @throws PublicError FENCING_TOKEN_OUTDATED
 */
export const releaseAllocation = (
  services: Services,
  request: RequestContext,
  input: ReleaseInput,
): Promise<Outcome<{ released: number }, never>> =>
  write(services, request, async (tx) => {
    const call = fencedCall(input);
    if ((await passFence(tx, call, !input.nodeId)) === "outdated") throw outdated();
    const claims = await lockClaims(tx, call.vmId);
    const released = claims.filter(
      (claim) =>
        (!input.nodeId || claim.nodeId === input.nodeId.toLowerCase()) &&
        (!input.ownOnly || claim.operationId === call.operationId),
    );
    for (const claim of released) await setClaimStatus(tx, claim, "deallocated");
    const stays = staying(
      claims.filter((claim) => !released.includes(claim)),
      input.ownOnly === true,
    );
    if (stays) await setClaimStatus(tx, stays, "active");
    return done({ released: released.length });
  });

/** Returns the claim that a VM keeps because it did not move. */
function staying(kept: readonly Claim[], isUndone: boolean): Claim | undefined {
  if (kept.some(({ status }) => status === "active" || status === "reserved")) return undefined;
  return (
    kept.find(({ status }) => status === "migrating") ??
    (isUndone ? kept.find(({ status }) => status === "releasing") : undefined)
  );
}
