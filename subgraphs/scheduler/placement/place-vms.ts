import type { Database, Scope, WriteTx } from "#db/client.ts";
import { changeAllocated, type FleetNode, fleetNodes } from "#db/scheduler/placement-nodes.ts";
import { claimsOfVms } from "#db/scheduler/placed-vms.ts";
import { addAllocations, addSchedulingDecisions } from "#db/scheduler/record-writes.ts";
import { minus, type NodeResources } from "#db/scheduler/schema/node-resources.ts";
import { PublicError } from "#lib/errors.ts";
import { claimRow } from "../allocations/claim-row.ts";
import type { Tags } from "../rules/rule-language.ts";
import { decisionRow } from "./decision-row.ts";
import { othersOf, policiesOf, selectorsOfPolicies } from "./deciding.ts";
import { placeFleet } from "./place-fleet.ts";
import type { PlacementRequest } from "./request.ts";

/** A VM that is on no node. */
export interface WaitingVm {
  id: string;
  name: string;
  request: PlacementRequest;
  tags: Tags;
}

const attempts = 10;

/**
 * Places VMs on nodes that have room. One transaction writes claims, decisions and the allocated amounts of the nodes, and is repeated when other claims came
 * first. A VM that already holds a claim keeps it. Does nothing while there are no nodes.
 * @returns the node of each VM that holds a claim in the end; a decision gives the reason where a VM is missing
 */
export async function placeVms(
  database: Database,
  scope: Scope,
  waiting: readonly WaitingVm[],
  now: Date,
): Promise<Map<string, string>> {
  for (let attempt = 1; attempt <= attempts; attempt += 1)
    try {
      return await database.write(scope, (tx) => placeIn(tx, waiting, now));
    } catch (error) {
      if (!(error instanceof NodesChanged)) throw error;
    }
  throw new PublicError("WRITE_CONFLICT", `Nodes changed ${attempts} times while VMs were placed on them. Try again.`);
}

class NodesChanged extends Error {}

async function placeIn(tx: WriteTx, waiting: readonly WaitingVm[], now: Date): Promise<Map<string, string>> {
  const nodes = await fleetNodes(tx);
  if (nodes.length === 0) return new Map<string, string>();
  const ids = waiting.map(({ id }) => id);
  const places = await claimsOfVms(tx, ids);
  const unclaimed = waiting.filter(({ id }) => !places.has(id)).toSorted(largestFirst);
  const vmById = new Map(unclaimed.map((vm) => [vm.id, vm]));
  const policies = await policiesOf(tx);
  const others = await othersOf(tx, selectorsOfPolicies(policies), [...vmById.keys()]);
  const { placements, allocated } = placeFleet(unclaimed, nodes, { policies, others, now });
  const decided = placements.flatMap(({ vmId, result }) => {
    const vm = vmById.get(vmId);
    return vm ? [{ vmId, result, request: vm.request, tags: vm.tags }] : [];
  });
  const claims = decided.flatMap(({ vmId, result, request, tags }) =>
    result.selected ? [claimRow(tx.tenantId, { vmId, nodeId: result.selected.nodeId, request, tags }, now)] : [],
  );
  for (const { vmId, nodeId } of claims) places.set(vmId, nodeId);
  const changed = amountsOf(nodes, new Set(claims.map(({ nodeId }) => nodeId)), allocated);
  if ((await changeAllocated(tx, changed)) !== changed.length) throw new NodesChanged();
  await addAllocations(tx, claims);
  const generations = new Map(nodes.map(({ id, generation }) => [id, generation]));
  await addSchedulingDecisions(
    tx,
    decided.map((decision) => decisionRow(tx.tenantId, decision, generations, now)),
  );
  return places;
}

/** The remaining gaps still hold the small ones. */
const largestFirst = (a: WaitingVm, b: WaitingVm): number =>
  b.request.memoryMb - a.request.memoryMb || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const amountsOf = (
  nodes: readonly FleetNode[],
  touched: ReadonlySet<string>,
  allocated: ReadonlyMap<string, NodeResources>,
) =>
  nodes.flatMap(({ id, generation, allocated: before }) => {
    const amount = allocated.get(id);
    return touched.has(id) && amount ? [{ id, generation, amounts: minus(amount, before) }] : [];
  });
