import type { WriteTx } from "#db/client.ts";
import { setNodeOfVm } from "#db/vms/lifecycle-writes.ts";
import { HypervisorError, type MachineSpec } from "#hypervisors/port.ts";
import type { EffectStep, OperationDefinition, StepContext, TransactionStep } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { machineCall, machineLimits, machineStep } from "../operations/machine-steps.ts";
import type { GetMachinery, Machinery } from "../operations/machinery.ts";
import type { RequestedAmounts } from "../operations/requested-amounts.ts";
import { activate, type Placement, reserve, reservedNodes, undoReserve } from "../operations/scheduler-calls.ts";
import { changeState } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

/** What the creation of a VM needs. The VM's row is there already. */
export type CreateInput = {
  readonly vmId: string;
  readonly name: string;
  readonly resources: RequestedAmounts;
  readonly tags: Readonly<Record<string, string>>;
  readonly image: string | null;
  readonly disks: readonly { readonly name: string; readonly sizeGb: number }[];
  readonly interfaces: readonly {
    readonly name: string;
    readonly network: string;
    readonly macAddress: string;
    readonly ipAddress: string | null;
  }[];
  /** Whether the VM is started when it has been made. */
  readonly start: boolean;
};

type Context = StepContext<CreateInput>;

/** How many nodes are tried: one may refuse the machine although the scheduler found room on it. */
const mostNodes = 3;

const placedBy = ({ results }: Context): Placement => results["place"] as Placement;

const specOf = ({ name, resources, image, disks, interfaces }: CreateInput): MachineSpec => ({
  name,
  cpuMillicores: resources.cpuMillicores,
  memoryMb: resources.memoryMb,
  disks,
  interfaces: interfaces.map(({ ipAddress, ...given }) => ({ ...given, ipAddress: ipAddress ?? undefined })),
  image: image ?? undefined,
});

/** Claims room on a node and makes the machine there. A node that refuses it is left out, and another one is tried. */
function placeStep(machinery: GetMachinery): EffectStep<CreateInput> {
  return {
    ...machineLimits,
    timeLimitMs: mostNodes * machineLimits.timeLimitMs,
    type: "effect",
    name: "place",
    run: (context) => placeAndMake(machinery(), context),
    undo: async (context) => {
      const { hypervisor, calls } = machinery();
      const { vmId } = context.input;
      // The claim is given back when nothing is left on the node.
      for (const nodeId of await reservedNodes(calls, context))
        await hypervisor.destroy(machineCall(context, { vmId, nodeId }, `destroy on ${nodeId}`));
      await undoReserve(calls, context);
    },
  };
}

async function placeAndMake({ hypervisor, calls }: Machinery, context: Context): Promise<Placement> {
  const { vmId, resources, tags } = context.input;
  const refusals: string[] = [];
  const excludedNodeIds: string[] = [];
  for (let attempt = 1; attempt <= mostNodes; attempt += 1) {
    const wanted = { step: `place ${attempt}`, resources, tags, excludedNodeIds };
    const placed = await reserve(calls, context, wanted).catch((error: unknown) => {
      // An earlier attempt of this step went on to the next node.
      if (error instanceof StepFailure && error.code === "RESERVATION_EXPIRED") return undefined;
      throw refusals.length > 0 && error instanceof StepFailure ? withRefusals(error, refusals) : error;
    });
    if (!placed) continue;
    try {
      const call = machineCall(context, { vmId, nodeId: placed.nodeId }, `create ${attempt}`);
      await hypervisor.create(call, specOf(context.input));
      return placed;
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code !== "NODE_REFUSED") throw error;
      refusals.push(`${placed.nodeName} refused: ${error.message}`);
      excludedNodeIds.push(placed.nodeId);
    }
  }
  throw withRefusals(new StepFailure("NO_CAPACITY", "No node has made the machine."), refusals);
}

const withRefusals = ({ code, message }: StepFailure, refusals: readonly string[]): StepFailure =>
  new StepFailure(code, `${message} ${refusals.join(" ")}`, { isFinal: true });

/** The row of the VM, which the transaction of the start inserts. Its undo is that the VM is deleted: its history stays. */
const insertStep: TransactionStep<WriteTx, CreateInput> = {
  ...limits,
  type: "transaction",
  name: "insert",
  run: async () => {
    throw new Error("The row of a VM is inserted by the transaction that starts its creation.");
  },
  undo: (context, tx) =>
    changeState(tx, context, {
      vmId: context.input.vmId,
      from: "creating",
      to: "deleted",
      reason: "the creation was undone",
    }),
};

const nodeStep: TransactionStep<WriteTx, CreateInput> = {
  ...limits,
  type: "transaction",
  name: "record_node",
  run: async (context, tx) => {
    await setNodeOfVm(tx, context.input.vmId, placedBy(context).nodeId);
    return null;
  },
  undo: ({ input: { vmId } }, tx) => setNodeOfVm(tx, vmId, null),
};

/** The operation that makes a VM: docs/lifecycle.md. */
export function createVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, CreateInput> {
  const start = machineStep<CreateInput>(machinery, {
    name: "start",
    machineOf: (context) => ({ vmId: context.input.vmId, nodeId: placedBy(context).nodeId }),
    run: async (hypervisor, call, { input }) => (input.start ? hypervisor.start(call) : undefined),
    undo: async (hypervisor, call) => void (await hypervisor.stop(call, { forced: true })),
    lastSafePoint: true,
  });
  const activateStep: EffectStep<CreateInput> = {
    ...limits,
    type: "effect",
    name: "activate_claim",
    run: async (context) => {
      await activate(machinery().calls, context, placedBy(context).nodeId);
      return null;
    },
  };
  const recordStep: TransactionStep<WriteTx, CreateInput> = {
    ...limits,
    type: "transaction",
    name: "record_state",
    run: async (context, tx) => {
      const { vmId, start: isStarted } = context.input;
      await changeState(tx, context, { vmId, from: "creating", to: isStarted ? "running" : "stopped" });
      return null;
    },
  };
  return withOwnVmSlot(
    {
      kind: "create_vm",
      version: 1,
      steps: [insertStep, placeStep(machinery), nodeStep, start, activateStep, recordStep],
    },
    ({ vmId }) => vmId,
  );
}
