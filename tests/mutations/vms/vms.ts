import { newId } from "#lib/uuid.ts";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { Trial } from "#tests/security/rights/trial.ts";
import type { MutationExample, MutationExamples } from "../example.ts";
import { type InsertedVm, insertVm } from "../vm-row.ts";
import type { Sent, World } from "../world.ts";

type New = Omit<InsertedVm, "tenantId">;

/** A change of the rows of a VM. */
const change = (
  fields: () => object,
  isSo: (vm: Record<string, unknown>) => boolean,
  { of = {}, ...more }: Pick<MutationExample, "refusals"> & { of?: New } = {},
): MutationExample => ({
  request: async (world) => ({ input: { vmId: await world.vm(of), ...fields() } }),
  effect: async (world, sent) => isSo(await read(world, sent)),
  emits: ["vm.updated"],
  audits: null,
  repeated: "unchanged",
  ids: { vmId: "vm" },
  rights: async ({ world, caller, target: { tenantId } }: Trial) => ({
    input: { vmId: await insertVm(world.product.urls, { tenantId, ...of }), ...fields() },
    needs: "vm:update",
    isForeign: tenantId !== caller.tenantId,
    rights: rightsOf([]),
  }),
  ...more,
});

const read = (world: World, { input }: Sent) =>
  world.read("vm", input?.["vmId"], "name displayName isProtected tags { key value }");

const env = [{ key: "env", value: "prod" }];

/** Mutations of the rows of VMs. */
export const vmMutations: MutationExamples = {
  updateVm: change(
    () => ({ displayName: "Changed" }),
    ({ displayName }) => displayName === "Changed",
    {
      refusals: {
        ACTION_NOT_POSSIBLE: async (world) => ({
          input: { vmId: await world.vm({ state: "deleted" }), name: newId() },
        }),
        NAME_INVALID: async (world) => ({ input: { vmId: await world.vm(), name: "-" } }),
        NAME_TAKEN: async (world) => ({ input: { vmId: await world.vm(), name: await world.vm() } }),
        VERSION_CONFLICT: async (world) => ({ input: { vmId: await world.vm(), expectedVersion: 7 } }),
        IDEMPOTENCY_CONFLICT: async (world) => {
          const [vmId, idempotencyKey] = [await world.vm(), newId()];
          await world.must("updateVm", { vmId, idempotencyKey, displayName: "first" });
          return { input: { vmId, idempotencyKey, displayName: "second" } };
        },
      },
    },
  ),
  setVmTags: change(
    () => ({ tags: env }),
    ({ tags }) => JSON.stringify(tags) === JSON.stringify(env),
    {
      refusals: {
        TAG_INVALID: async (world) => ({ input: { vmId: await world.vm(), tags: [...env, ...env] } }),
      },
    },
  ),
  protectVm: change(
    () => ({}),
    ({ isProtected }) => isProtected === true,
  ),
  unprotectVm: change(
    () => ({}),
    ({ isProtected }) => isProtected === false,
    { of: { isProtected: true } },
  ),
};
