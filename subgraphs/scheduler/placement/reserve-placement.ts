import { setTimeout as delay } from "node:timers/promises";
import type { WriteTx } from "#db/client.ts";
import {
  amountsOf,
  type Claim,
  claimById,
  lockClaims,
  setClaimAmounts,
  setClaimRules,
  setClaimStatus,
} from "#db/scheduler/claim-writes.ts";
import { decisionOfStep } from "#db/scheduler/decision-writes.ts";
import { passFence } from "#db/scheduler/fence-writes.ts";
import { lockTags } from "#db/scheduler/group-claims.ts";
import type { NodeSnapshot } from "#db/scheduler/node-snapshot.ts";
import { changeAllocated, type FleetNode, nodesById } from "#db/scheduler/placement-nodes.ts";
import { addAllocations, addSchedulingDecisions } from "#db/scheduler/record-writes.ts";
import { minus } from "#db/scheduler/schema/node-resources.ts";
import { PublicError } from "#lib/errors.ts";
import type { RequestContext } from "#lib/trust/request-context.ts";
import { newId } from "#lib/uuid.ts";
import { done, type Outcome, write } from "#subgraphs/use-case.ts";
import { expired, outdated } from "../allocations/errors.ts";
import { reservationRow } from "../allocations/claim-row.ts";
import { appliedRules } from "../rules/applied-rules.ts";
import { operationDecisionRow } from "./decision-row.ts";
import type { SchedulerServices } from "../services.ts";
import { othersOf, policiesOf, selectorsOf, tagLocks } from "./deciding.ts";
import { type NoCapacity, noCapacity } from "./no-capacity.ts";
import { place, type PlacementOptions, type PlacementResult } from "./place.ts";
import { type PlacementCall, placementCall, type PlacementInput } from "./placement-call.ts";
import { claimOf } from "./request.ts";

export interface Reserved {
  nodeId: string;
  nodeName: string;
  allocationId: string;
  decisionId: string;
}

type Placed = { reserved: Reserved } | { none: NoCapacity };

/**
 * Reserves the resources of a VM on the node that suits it best, for an operation that another process runs. The step that is repeated gets the same reservation;
 * a later step of the operation replaces it. A VM that has an allocation keeps it when its node still suits: the rules are judged again.
 * @throws PublicError NO_CAPACITY, whose decision is stored; FENCING_TOKEN_OUTDATED; RESERVATION_EXPIRED; BAD_USER_INPUT
 */
export async function reservePlacement(
  services: SchedulerServices,
  request: RequestContext,
  input: PlacementInput,
): Promise<Outcome<Reserved, never>> {
  const call = placementCall(input);
  const outcome = await write<Placed, never>(services, request, async (tx) =>
    done(await reserveIn(tx, services.nodes, call)),
  );
  if (outcome.kind !== "done") return outcome;
  if ("none" in outcome.value) throw noCapacity(outcome.value.none);
  return done(outcome.value.reserved);
}

async function reserveIn(tx: WriteTx, fleet: NodeSnapshot, call: PlacementCall): Promise<Placed> {
  if ((await passFence(tx, call)) !== "passed") throw outdated();
  const [earlier, claims, policies] = await Promise.all([
    decisionOfStep(tx, call),
    lockClaims(tx, call.vmId),
    policiesOf(tx),
  ]);
  if (earlier) return { reserved: await sameAgain(tx, earlier) };
  const current = await currentClaim(tx, claims);
  const applied = appliedRules(call.rules, policies, call.tags);
  await lockTags(tx, tagLocks(applied, call.tags));
  const options: PlacementOptions = {
    applied,
    tags: call.tags,
    others: await othersOf(tx, selectorsOf(applied), [call.vmId]),
    excludedNodeIds: call.excludedNodeIds,
    preferredNodeId: call.preferredNodeId ?? current?.nodeId,
    now: new Date(),
  };
  return claimBest(tx, fleet, call, current, options);
}

async function sameAgain(
  tx: WriteTx,
  decision: { id: string; allocationId: string | null; selectedNodeId: string | null },
) {
  const claim = decision.allocationId === null ? undefined : await claimById(tx, decision.allocationId);
  const [node] = await nodesById(tx, [decision.selectedNodeId ?? ""]);
  if (!claim || !node || claim.status === "deallocated" || claim.status === "releasing") throw expired();
  return { nodeId: node.id, nodeName: node.name, allocationId: claim.id, decisionId: decision.id };
}

/** Returns the claim that the VM uses. A reservation that was never used is given back: this call replaces it. */
async function currentClaim(tx: WriteTx, claims: readonly Claim[]): Promise<Claim | undefined> {
  for (const claim of claims) if (claim.status === "reserved") await setClaimStatus(tx, claim, "deallocated");
  const leaving = claims.find(({ status }) => status === "migrating");
  if (leaving) await setClaimStatus(tx, leaving, "active");
  return leaving ?? claims.find(({ status }) => status === "active");
}

/** How often another claim on the selected node may come first. Each time one of the others has succeeded. */
const maxConflicts = 100;

async function claimBest(
  tx: WriteTx,
  fleet: NodeSnapshot,
  call: PlacementCall,
  current: Claim | undefined,
  options: PlacementOptions,
): Promise<Placed> {
  let nodes = await fleet.read(tx);
  let isFresh = true;
  for (let conflicts = 0; conflicts <= maxConflicts;) {
    const result = place(call.request, withoutClaim(nodes, current), options);
    const node = nodes.find(({ id }) => id === result.selected?.nodeId);
    if (!node && !isFresh) {
      nodes = await fleet.read(tx);
      isFresh = true;
      continue;
    }
    if (!node) return { none: await decideNone(tx, call, nodes, result) };
    const claimId = await claimOn(tx, call, current, node);
    if (claimId !== undefined) {
      const decision = operationDecisionRow(call, { result, allocationId: claimId, nodes, conflicts });
      await addSchedulingDecisions(tx, [decision]);
      return { reserved: { nodeId: node.id, nodeName: node.name, allocationId: claimId, decisionId: decision.id } };
    }
    conflicts += 1;
    // Random delays keep the same callers from meeting again.
    if (conflicts > 2) await delay(Math.random() * 5);
    const [again] = await nodesById(tx, [node.id]);
    nodes = nodes.flatMap((each) => (each.id === node.id ? (again ?? []) : each));
    isFresh = false;
  }
  throw new PublicError("WRITE_CONFLICT", `Other claims came first ${maxConflicts} times. Try again.`);
}

/** The room of the VM's own claim is free for it. */
const withoutClaim = (nodes: readonly FleetNode[], claim: Claim | undefined): readonly FleetNode[] =>
  claim
    ? nodes.map((node) =>
        node.id === claim.nodeId ? { ...node, allocated: minus(node.allocated, amountsOf(claim)) } : node,
      )
    : nodes;

/** Claims on one node, unless it has changed since it was judged. Returns the id of the claim. */
async function claimOn(
  tx: WriteTx,
  call: PlacementCall,
  current: Claim | undefined,
  { id, generation, gpuModel }: FleetNode,
): Promise<string | undefined> {
  const amounts = claimOf(call.request);
  if (current?.nodeId === id) {
    if (!(await setClaimAmounts(tx, current, amounts, generation))) return undefined;
    await setClaimRules(tx, current, reservationRow(call, { id: current.id, nodeId: id, gpuModel }));
    return current.id;
  }
  if ((await changeAllocated(tx, [{ id, amounts, generation }])) === 0) return undefined;
  // A VM has one claim that it uses: the one that it moves away from is marked first.
  if (current) await setClaimStatus(tx, current, "migrating");
  const row = reservationRow(call, { id: newId(), nodeId: id, gpuModel });
  await addAllocations(tx, [row]);
  return row.id;
}

async function decideNone(
  tx: WriteTx,
  call: PlacementCall,
  nodes: readonly FleetNode[],
  result: PlacementResult,
): Promise<NoCapacity> {
  const decision = operationDecisionRow(call, { result, allocationId: null, nodes, conflicts: 0 });
  await addSchedulingDecisions(tx, [decision]);
  return {
    rejected: result.rejected,
    nearestMiss: result.nearestMiss?.reasons ?? [],
    nodes: nodes.length,
    decisionId: decision.id,
  };
}
