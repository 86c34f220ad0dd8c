import type { WriteTx } from "#db/client.ts";
import { setNodeOfVm } from "#db/vms/lifecycle-writes.ts";
import type { EffectStep, OperationDefinition, StepContext, TransactionStep } from "#lib/operations/definition.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { type MachineInput, machineStep } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import type { RequestedAmounts } from "../operations/requested-amounts.ts";
import { activate, type Placement, releaseOn, reserve, undoReserve } from "../operations/scheduler-calls.ts";
import { changeState } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

export type StartInput = MachineInput & {
  readonly resources: RequestedAmounts;
  readonly tags: Readonly<Record<string, string>>;
  readonly reason: string | null;
};

type Context = StepContext<StartInput>;
const placedBy = ({ results }: Context): Placement => results["claim"] as Placement;
const there = (context: Context): MachineInput => ({ vmId: context.input.vmId, nodeId: placedBy(context).nodeId });
const moves = (context: Context): boolean => placedBy(context).nodeId !== context.input.nodeId;

/**
 * Starts a VM that is stopped. The rules of placement are judged again: the VM keeps its claim where its node still suits, and is moved to another node where it
 * does not, or where its claim was released and its node is full.
 */
export function startVmOperation(machinery: GetMachinery): OperationDefinition<WriteTx, StartInput> {
  const claim: EffectStep<StartInput> = {
    ...limits,
    type: "effect",
    name: "claim",
    run: (context) => {
      const { resources, tags } = context.input;
      return reserve(machinery().calls, context, { step: "claim", resources, tags });
    },
    undo: (context) => undoReserve(machinery().calls, context),
  };
  const relocate = machineStep<StartInput>(machinery, {
    name: "relocate",
    machineOf: ({ input }) => input,
    run: async (hypervisor, call, context) => {
      if (moves(context)) await hypervisor.migrate(call, placedBy(context).nodeId);
    },
    undo: async (hypervisor, call, context) => {
      if (moves(context)) await hypervisor.migrate({ ...call, ...there(context) }, context.input.nodeId);
    },
  });
  const start = machineStep<StartInput>(machinery, {
    name: "start",
    machineOf: there,
    run: (hypervisor, call) => hypervisor.start(call),
    undo: async (hypervisor, call) => void (await hypervisor.stop(call, { forced: true })),
    lastSafePoint: true,
  });
  const activateClaim: EffectStep<StartInput> = {
    ...limits,
    type: "effect",
    name: "activate_claim",
    run: async (context) => {
      const { calls } = machinery();
      await activate(calls, context, placedBy(context).nodeId);
      if (moves(context)) await releaseOn(calls, context, context.input.nodeId);
      return null;
    },
  };
  const record: TransactionStep<WriteTx, StartInput> = {
    ...limits,
    type: "transaction",
    name: "record_state",
    run: async (context, tx) => {
      const { vmId, reason } = context.input;
      if (moves(context)) await setNodeOfVm(tx, vmId, placedBy(context).nodeId);
      await changeState(tx, context, { vmId, from: "stopped", to: "running", reason: reason ?? undefined });
      return null;
    },
  };
  return withOwnVmSlot(
    { kind: "start_vm", version: 1, steps: [claim, relocate, start, activateClaim, record] },
    ({ vmId }) => vmId,
  );
}
