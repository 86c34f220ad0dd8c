import { newOperationId } from "#lib/operations/operation-id.ts";
import { fleetOf } from "#tests/graph/rows.ts";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { MutationExample, MutationExamples } from "../example.ts";

let vms = 0;
/** Returns the claim of a new operation to a VM that no other example works on. */
const claim = () => ({
  vmId: fleetOf(1).id("vm", (vms += 1)),
  operationId: newOperationId("scheduler"),
  operationKind: "test",
  token: 1,
});

const forServices: Pick<MutationExample, "emits" | "audits" | "repeated" | "ids" | "rights"> = {
  emits: [],
  audits: null,
  repeated: "unchanged",
  ids: { vmId: "vm", operationId: null },
  rights: async () => ({ input: claim(), isForServices: true, rights: rightsOf([]) }),
};

/** Mutations of the slots of VMs, which only services may send. */
export const slotMutations: MutationExamples = {
  takeVmSlot: { ...forServices, request: () => ({ input: claim() }) },
  releaseVmSlot: {
    ...forServices,
    request: async (world) => {
      const input = claim();
      await world.must("takeVmSlot", input);
      return { input: { ...input, token: 2 } };
    },
  },
};
