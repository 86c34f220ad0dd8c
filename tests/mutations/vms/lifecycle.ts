import { newId } from "#lib/uuid.ts";
import { rightsOf } from "#tests/security/rights/model.ts";
import type { Trial } from "#tests/security/rights/trial.ts";
import type { MutationExample, MutationExamples } from "../example.ts";
import { insertVm } from "../vm-row.ts";
import type { World } from "../world.ts";

const small = { cpuMillicores: 500, memoryBytes: 512 * 2 ** 20, storageBytes: 2 ** 30 };
const newVm = (more: object = {}) => ({ name: newId(), resources: small, ...more });

const kindOf = async (world: World, vmId: unknown) =>
  (await world.read("vm", vmId, "operation { kind }")).operation?.kind as string | undefined;

/** An action on a VM in a state, which starts an operation. No worker runs it, so that another request is refused while it has the VM. */
const action = (kind: string, state: string, needs = "vm:operate"): MutationExample => ({
  request: async (world) => ({ input: { vmId: await world.vm({ state }) } }),
  effect: async (world, { input }) => (await kindOf(world, input?.["vmId"])) === kind,
  emits: ["vms_operation.created"],
  audits: null,
  repeated: "VM_BUSY",
  ids: { vmId: "vm" },
  rights: async ({ world, caller, target: { tenantId } }: Trial) => ({
    input: { vmId: await insertVm(world.product.urls, { tenantId, state }) },
    needs,
    isForeign: tenantId !== caller.tenantId,
    rights: rightsOf([]),
  }),
});

/** Mutations of the life of VMs. */
export const lifecycleMutations: MutationExamples = {
  createVm: {
    request: () => ({ input: newVm() }),
    emits: ["vms_operation.created", "vm.created", "vm_state_transition.created"],
    audits: null,
    repeated: "NAME_TAKEN",
    ids: { templateId: null },
    refusals: {
      NAME_INVALID: () => ({ input: newVm({ name: " " }) }),
      NAME_TAKEN: async (world) => {
        const input = newVm();
        await world.must("createVm", input);
        return { input };
      },
      RESOURCES_MISSING: () => ({ input: { name: newId() } }),
      SIZE_INVALID: () => ({ input: newVm({ resources: { ...small, cpuMillicores: 0 } }) }),
      TAG_INVALID: () => ({ input: newVm({ tags: [{ key: "", value: "" }] }) }),
      TEMPLATE_UNKNOWN: () => ({ input: newVm({ templateId: newId() }) }),
      IDEMPOTENCY_CONFLICT: async (world) => {
        const idempotencyKey = newId();
        await world.must("createVm", newVm({ idempotencyKey }));
        return { input: newVm({ idempotencyKey }) };
      },
      IDEMPOTENCY_IN_PROGRESS: async (world) => {
        const input = newVm({ idempotencyKey: newId() });
        await world.must("createVm", input);
        return { input };
      },
      QUOTA_EXCEEDED: async (world) => {
        const most = 2 ** 50;
        const quota = { maxStorageBytes: most };
        await world.must("setTenantQuota", { id: world.tenantId, quota }, world.operator);
        return { input: newVm({ resources: { ...small, storageBytes: most } }) };
      },
    },
    rights: async () => ({ input: newVm(), needs: "vm:create", rights: rightsOf([]) }),
  },
  startVm: {
    ...action("start_vm", "stopped"),
    refusals: {
      ACTION_NOT_POSSIBLE: async (world) => ({ input: { vmId: await world.vm({ state: "paused" }) } }),
      VM_NOT_PLACED: async (world) => ({ input: { vmId: await world.vm({ state: "stopped", isPlaced: false }) } }),
      VERSION_CONFLICT: async (world) => ({
        input: { vmId: await world.vm({ state: "stopped" }), expectedVersion: 7 },
      }),
    },
  },
  stopVm: action("stop_vm", "running"),
  rebootVm: action("reboot_vm", "running"),
  pauseVm: action("pause_vm", "running"),
  resumeVm: action("resume_vm", "paused"),
  suspendVm: action("suspend_vm", "running"),
  recoverVm: action("recover_vm", "error"),
  deleteVm: {
    ...action("delete_vm", "running", "vm:delete"),
    refusals: { VM_PROTECTED: async (world) => ({ input: { vmId: await world.vm({ isProtected: true }) } }) },
  },
  undeleteVm: action("undelete_vm", "deleted", "vm:delete"),
};
