import type { EffectStep, StepContext } from "#lib/operations/definition.ts";
import { limits } from "#subgraphs/vm-slot-steps.ts";
import { type MachineInput, machineStep } from "./machine-steps.ts";
import type { GetMachinery } from "./machinery.ts";
import type { RequestedAmounts } from "./requested-amounts.ts";
import { activate, type Placement, releaseOn, reserve, undoReserve } from "./scheduler-calls.ts";

/** What it takes to place a VM again that has a machine. */
export type PlacedInput = MachineInput & {
  readonly resources: RequestedAmounts;
  readonly tags: Readonly<Record<string, string>>;
};

type Context = StepContext<PlacedInput>;

/** Returns where the step `claim` has placed the VM. */
export const placedBy = ({ results }: Pick<Context, "results">): Placement => results["claim"] as Placement;

/** Returns the machine on the node that was claimed. */
export const there = (context: Context): MachineInput => ({
  vmId: context.input.vmId,
  nodeId: placedBy(context).nodeId,
});

/** Returns whether the VM is placed on another node than the one that has its machine. */
export const moves = (context: Context): boolean => placedBy(context).nodeId !== context.input.nodeId;

/** Returns the steps that place a VM which is off by the rules of this moment: `claim`, then `relocate`, and at last `activateClaim`. Its own node is preferred. */
export function placementSteps<Input extends PlacedInput>(machinery: GetMachinery) {
  const claim: EffectStep<Input> = {
    ...limits,
    type: "effect",
    name: "claim",
    run: (context) => {
      const { resources, tags, nodeId: preferredNodeId } = context.input;
      return reserve(machinery().calls, context, { step: "claim", resources, tags, preferredNodeId });
    },
    undo: (context) => undoReserve(machinery().calls, context),
  };
  const relocate = machineStep<Input>(machinery, {
    name: "relocate",
    machineOf: ({ input }) => input,
    run: async (hypervisor, call, context) => {
      if (moves(context)) await hypervisor.migrate(call, placedBy(context).nodeId);
    },
    undo: async (hypervisor, call, context) => {
      if (moves(context)) await hypervisor.migrate({ ...call, ...there(context) }, context.input.nodeId);
    },
  });
  const activateClaim: EffectStep<Input> = {
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
  return { claim, relocate, activateClaim };
}
