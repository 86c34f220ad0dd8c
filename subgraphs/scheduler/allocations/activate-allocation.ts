import { lockClaims, setClaimStatus } from "#db/scheduler/claim-writes.ts";
import { passFence } from "#db/scheduler/fence-writes.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, type Outcome, type Services, write } from "#subgraphs/use-case.ts";
import { fencedCall } from "../placement/placement-call.ts";
import { expired, outdated } from "./errors.ts";

export interface AllocationInput {
  vmId: string;
  operationId: string;
  token: number | bigint;
}

/**
 * Makes what an operation has reserved on a node the allocation that the VM uses, which does not expire. The allocation that the VM moves away from is released
 * from then on, and counts against its node until it is. An allocation that is active already stays as it is.
 * @throws PublicError FENCING_TOKEN_OUTDATED, RESERVATION_EXPIRED
 */
export const activateAllocation = (
  services: Services,
  request: RequestContext,
  input: AllocationInput & { nodeId: string },
): Promise<Outcome<{ allocationId: string }, never>> =>
  write(services, request, async (tx) => {
    const call = fencedCall(input);
    if ((await passFence(tx, call)) !== "passed") throw outdated();
    const claims = await lockClaims(tx, call.vmId);
    const claim = claims.find(
      ({ nodeId, status, operationId }) =>
        nodeId === input.nodeId.toLowerCase() &&
        (status === "active" || (status === "reserved" && operationId === call.operationId)),
    );
    if (!claim) throw expired();
    if (claim.status === "reserved") {
      await setClaimStatus(tx, claim, "active");
      const left = claims.find(({ status }) => status === "migrating");
      if (left) await setClaimStatus(tx, left, "releasing");
    }
    return done({ allocationId: claim.id });
  });
