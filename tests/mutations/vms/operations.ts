import type { EventType } from "#events/event.ts";
import { type OperationDomain, operationType } from "#lib/operations/operation-id.ts";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { Trial } from "#tests/security/rights/trial.ts";
import type { MutationExample, MutationExamples } from "../example.ts";
import { insertOperation } from "../operation-row.ts";
import type { World } from "../world.ts";

const onOperation = async ({ world, caller, target: { tenantId } }: Trial, needs: string, more: object = {}) => {
  const id = await insertOperation(world.product.urls, "vms", {
    tenantId,
    state: needs.endsWith("abandon") ? "parked" : "pending",
  });
  return { input: { id, ...more }, needs, isForeign: tenantId !== caller.tenantId, rights: rightsOf([]) };
};

const isAbandoned = async (world: World, id: unknown) =>
  (await world.read("operation", id, "state")).state === "ABANDONED";

const ofClients: MutationExamples = {
  cancelOperation: {
    request: async (world) => ({ input: { id: await world.operation("vms", "pending") } }),
    effect: async (world, { input }) =>
      (await world.read("operation", input?.["id"], "cancelRequestedAt")).cancelRequestedAt !== null,
    emits: ["vms_operation.updated"],
    audits: null,
    repeated: "unchanged",
    refusals: {
      OPERATION_ENDED: async (world) => ({ input: { id: await world.operation("vms", "done") } }),
      NOT_CANCELLABLE: async (world) => ({
        input: { id: await world.operation("vms", "running", ["first", "second"]) },
      }),
    },
    ids: { id: "operation" },
    rights: (trial) => onOperation(trial, "operation:cancel"),
  },
  abandonOperation: {
    request: async (world) => ({ input: { id: await world.operation("vms", "parked"), consent: true } }),
    effect: (world, { input }) => isAbandoned(world, input?.["id"]),
    emits: ["vms_operation.updated"],
    audits: null,
    repeated: "OPERATION_NOT_PARKED",
    refusals: {
      CONSENT_REQUIRED: async (world) => ({ input: { id: await world.operation("vms", "parked") } }),
      OPERATION_NOT_PARKED: async (world) => ({
        input: { id: await world.operation("vms", "running"), consent: true },
      }),
    },
    ids: { id: "operation" },
    rights: (trial) => onOperation(trial, "operation:abandon", { consent: true }),
  },
};

/** What the vms subgraph calls in the subgraph of another domain. */
const ofServices = (domain: OperationDomain): MutationExamples => {
  const type = operationType(domain);
  const example = (state: "pending" | "parked", more: object = {}): MutationExample => ({
    request: async (world) => ({ input: { id: await world.operation(domain, state), ...more } }),
    emits: [`${domain}_operation.updated` as EventType],
    audits: null,
    repeated: "unchanged",
    ids: { id: "operation" },
    rights: async (trial) => ({
      input: {
        id: await insertOperation(trial.world.product.urls, domain, { tenantId: trial.target.tenantId, state }),
      },
      isForServices: true,
      rights: rightsOf([]),
    }),
  });
  return { [`cancel${type}`]: example("pending"), [`abandon${type}`]: example("parked", { consent: true }) };
};

export const operationMutations: MutationExamples = {
  ...ofClients,
  ...ofServices("auth"),
  ...ofServices("monitoring"),
  ...ofServices("federation"),
  ...ofServices("scheduler"),
};
