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
  // They run one after the other: who has passed the fence is alone with the operation's VM.
  const [fence, earlier, claims, policies] = await Promise.all([
    passFence(tx, call),
    decisionOfStep(tx, call),
    lockClaims(tx, call.vmId),
    policiesOf(tx),
  ]);
  if (fence !== "passed") throw outdated();
  if (earlier) return { reserved: await sameAgain(tx, earlier) };
  const current = await currentClaim(tx, claims);
  const applied = appliedRules(call.rules, policies, call.tags);
  await lockTags(tx, tagLocks(applied, call.tags));
  const [others, nodes] = await Promise.all([othersOf(tx, selectorsOf(applied), [call.vmId]), fleet.read(tx)]);
  const options: PlacementOptions = {
    applied,
    tags: call.tags,
    others,
    excludedNodeIds: call.excludedNodeIds,
    preferredNodeId: call.preferredNodeId ?? current?.nodeId,
    now: new Date(),
  };
  return claimBest(tx, { fleet, call, current, options }, nodes);
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

interface Placing {
  fleet: NodeSnapshot;
  call: PlacementCall;
  /** The claim that the VM has. */
  current: Claim | undefined;
  options: PlacementOptions;
}

/** How often all nodes may be judged again, because other claims came first on those that were selected. */
const maxAttempts = 50;

async function claimBest(tx: WriteTx, placing: Placing, nodes: readonly FleetNode[]): Promise<Placed> {
  const { fleet, call, current, options } = placing;
  let judged = nodes;
  for (let conflicts = 0; conflicts < maxAttempts; conflicts += 1) {
    // Random delays keep the same callers from meeting again.
    if (conflicts > 2) await delay(Math.random() * 5);
    if (conflicts > 0) judged = await fleet.read(tx);
    const result = place(call.request, withoutClaim(judged, current), options);
    if (!result.selected) return { none: await decideNone(tx, call, judged, result) };
    const claimed = await claimOneOf(tx, placing, nearlyBest(result, judged));
    if (!claimed) continue;
    const { node, allocationId } = claimed;
    const selected = { nodeId: node.id, nodeName: node.name, score: scoreOf(result, node.id) };
    const decision = operationDecisionRow(call, {
      result: { ...result, selected },
      allocationId,
      nodes: judged,
      conflicts,
    });
    await addSchedulingDecisions(tx, [decision]);
    return { reserved: { nodeId: node.id, nodeName: node.name, allocationId, decisionId: decision.id } };
  }
  throw new PublicError("WRITE_CONFLICT", `Other claims came first ${maxAttempts} times. Try again.`);
}

/** How many points of the score a node may be worse than the best one, to be taken without waiting for the best one. */
const nearPoints = 5;

/** Returns the best node, and after it those that are nearly as good. */
const nearlyBest = ({ candidates, selected }: PlacementResult, nodes: readonly FleetNode[]): FleetNode[] =>
  candidates.flatMap(({ nodeId, score = 0 }) =>
    score >= (selected?.score ?? 0) - nearPoints ? (nodes.find(({ id }) => id === nodeId) ?? []) : [],
  );

const scoreOf = ({ candidates }: PlacementResult, nodeId: string): number =>
  candidates.find((candidate) => candidate.nodeId === nodeId)?.score ?? 0;

/**
 * Claims on the first of the nodes that no other transaction is changing. When all are being changed, it waits for the best. Each was judged, and none has
 * changed since: the claim compares the generation.
 */
async function claimOneOf(tx: WriteTx, placing: Placing, nodes: readonly FleetNode[]) {
  const [best] = nodes;
  for (const node of nodes) {
    const allocationId = await claimOn(tx, placing, node, "skip");
    if (allocationId !== undefined) return { node, allocationId };
  }
  const allocationId = best && (await claimOn(tx, placing, best, "wait"));
  return best && allocationId !== undefined ? { node: best, allocationId } : undefined;
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
  { call, current }: Placing,
  { id, generation, gpuModel }: FleetNode,
  whenLocked: "wait" | "skip",
): Promise<string | undefined> {
  const amounts = claimOf(call.request);
  if (current?.nodeId === id) {
    if (!(await setClaimAmounts(tx, current, amounts, generation))) return undefined;
    await setClaimRules(tx, current, reservationRow(call, { id: current.id, nodeId: id, gpuModel }));
    return current.id;
  }
  if ((await changeAllocated(tx, [{ id, amounts, generation }], whenLocked)) === 0) return undefined;
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
