import { newOperationId } from "#lib/operations/operation-id.ts";
import { newId } from "#lib/uuid.ts";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { MutationExample, MutationExamples } from "../example.ts";
import type { World } from "../world.ts";

const call = () => ({ vmId: newId(), operationId: newOperationId("vms"), token: 1 });
const resources = { cpuMillicores: 1_000, memoryMb: 1_024 };
const reservation = () => ({ ...call(), step: "reserve", resources });
const ids = { vmId: null, operationId: null };

const forServices = (
  input: () => Record<string, unknown>,
): Pick<MutationExample, "audits" | "repeated" | "ids" | "rights"> => ({
  audits: null,
  repeated: "unchanged",
  ids,
  rights: async () => ({ input: input(), isForServices: true, rights: rightsOf([]) }),
});

/** Reserves resources on a node of its own for a new operation. */
async function reserved(world: World) {
  const made = call();
  const preferredNodeId = await world.node();
  await world.must("reservePlacement", { ...made, step: "reserve", resources, preferredNodeId });
  return { ...made, token: 2, nodeId: preferredNodeId };
}

/** Returns the call of another operation about a VM that has an allocation. */
async function allocated(world: World) {
  const made = await reserved(world);
  await world.must("activateAllocation", made);
  return { ...call(), vmId: made.vmId };
}

/** Mutations of allocations, which only services may send. */
export const allocationMutations: MutationExamples = {
  reservePlacement: {
    ...forServices(reservation),
    ids: { ...ids, excludedNodeIds: null, preferredNodeId: null },
    request: async (world) => ({ input: { ...reservation(), preferredNodeId: await world.node() } }),
    emits: ["cluster_node.updated", "resource_allocation.created", "placement_decision.created"],
  },
  activateAllocation: {
    ...forServices(() => ({ ...call(), nodeId: newId() })),
    ids: { ...ids, nodeId: null },
    request: async (world) => ({ input: await reserved(world) }),
    emits: ["resource_allocation.updated"],
  },
  releaseAllocation: {
    ...forServices(call),
    ids: { ...ids, nodeId: null },
    request: async (world) => ({ input: await allocated(world) }),
    emits: ["resource_allocation.updated", "cluster_node.updated"],
  },
  resizeAllocation: {
    ...forServices(() => ({ ...call(), resources })),
    request: async (world) => ({
      input: { ...(await allocated(world)), resources: { ...resources, memoryMb: 2_048 } },
    }),
    emits: ["cluster_node.updated", "resource_allocation.updated"],
  },
  settleAllocation: {
    ...forServices(() => ({ ...call(), resources })),
    request: async (world) => ({ input: { ...(await allocated(world)), resources: { ...resources, memoryMb: 512 } } }),
    emits: ["cluster_node.updated", "resource_allocation.updated"],
  },
};
