import type { WriteTx } from "#db/client.ts";
import { amountsOf, type Claim, lockClaims, setClaimAmounts } from "#db/scheduler/claim-writes.ts";
import { passFence } from "#db/scheduler/fence-writes.ts";
import { nodesById } from "#db/scheduler/placement-nodes.ts";
import { eachClass, minus, type NodeResources, resourceClasses } from "#db/scheduler/schema/node-resources.ts";
import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { done, notThere, type Outcome, type Services, write } from "#subgraphs/use-case.ts";
import { noCapacity } from "../placement/no-capacity.ts";
import { fencedCall, requestOf, type ResourcesInput } from "../placement/placement-call.ts";
import { reasonsAgainstGrowth } from "../placement/place.ts";
import { reasonText } from "../placement/reason-text.ts";
import { claimOf } from "../placement/request.ts";
import type { AllocationInput } from "./activate-allocation.ts";
import { outdated } from "./errors.ts";

type ResizeInput = AllocationInput & { resources: ResourcesInput };
type Resized = Promise<Outcome<{ allocationId: string }, never>>;

/**
 * Lets the allocation of a VM have the larger of its amounts and these, in each class, until `settleAllocation` confirms or reverts the change.
 * @throws PublicError NO_CAPACITY when the node has no room for what is added; FENCING_TOKEN_OUTDATED; BAD_USER_INPUT
 */
export const resizeAllocation = (services: Services, request: RequestContext, input: ResizeInput): Resized =>
  changeUsedClaim(services, request, input, async (tx, claim, wanted) => {
    const before = amountsOf(claim);
    await grow(
      tx,
      claim,
      eachClass((resource) => Math.max(before[resource], wanted[resource])),
    );
  });

/**
 * Gives the allocation of a VM exactly these amounts, none of which is larger than it has: the new ones confirm a resize, and the old ones revert it.
 * @throws PublicError BAD_USER_INPUT, FENCING_TOKEN_OUTDATED
 */
export const settleAllocation = (services: Services, request: RequestContext, input: ResizeInput): Resized =>
  changeUsedClaim(services, request, input, async (tx, claim, wanted) => {
    const before = amountsOf(claim);
    const larger = resourceClasses.filter((resource) => wanted[resource] > before[resource]);
    if (larger.length > 0)
      throw new PublicError("BAD_USER_INPUT", `The allocation has less ${larger.join(", ")}: resize it first.`);
    await setClaimAmounts(tx, claim, wanted);
  });

async function changeUsedClaim(
  services: Services,
  request: RequestContext,
  input: ResizeInput,
  change: (tx: WriteTx, claim: Claim, wanted: NodeResources) => Promise<void>,
): Resized {
  const call = fencedCall(input);
  const wanted = claimOf(requestOf(input.resources));
  return write(services, request, async (tx) => {
    if ((await passFence(tx, call)) !== "passed") throw outdated();
    const claims = await lockClaims(tx, call.vmId);
    const claim = claims.find(({ status }) => status === "active" || status === "reserved");
    if (!claim) return notThere("allocation");
    await change(tx, claim, wanted);
    return done({ allocationId: claim.id });
  });
}

const maxConflicts = 100;

/** Claims more on the node of a claim, by compare-and-set of its generation. */
async function grow(tx: WriteTx, claim: Claim, amounts: NodeResources): Promise<void> {
  for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
    const [node] = await nodesById(tx, [claim.nodeId]);
    if (!node) throw new Error("A claim is on no node.");
    const reasons = reasonsAgainstGrowth(node, amountsOf(claim), minus(amounts, amountsOf(claim)));
    if (reasons.length > 0)
      throw noCapacity({
        rejected: Object.fromEntries(reasons.map(({ code }) => [code, 1])),
        nearestMiss: reasons.map((reason) => reasonText(node.name, reason)),
        nodes: 1,
      });
    if (await setClaimAmounts(tx, claim, amounts, node.generation)) return;
  }
  throw new PublicError("WRITE_CONFLICT", `Other claims came first ${maxConflicts} times. Try again.`);
}
