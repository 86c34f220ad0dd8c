import type { WriteTx } from "#db/client.ts";
import type { OperationDefinition } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { VmAction, VmState } from "../lifecycle/lifecycle.ts";
import { type MachineInput, type MachineStep, machineStep, patientRetry } from "../operations/machine-steps.ts";
import type { GetMachinery } from "../operations/machinery.ts";
import { stateStep } from "../operations/state-step.ts";
import { withOwnVmSlot } from "../slots/slot-steps.ts";

/** What a change of a VM's power needs. `to` is the state in which it ends. */
export type PowerInput = MachineInput & {
  readonly from: VmState;
  readonly to: VmState;
  readonly reason: string | null;
  /** How long a guest may take to stop. Null for everything but a graceful stop. */
  readonly withinMs: number | null;
};

export type PowerAction = Extract<
  VmAction,
  "stop" | "force_stop" | "reboot" | "pause" | "resume" | "suspend" | "recover"
>;
type PowerStep = Omit<MachineStep<PowerInput>, "name" | "machineOf">;

const forced = { forced: true } as const;

/** How the hypervisor does each action, and how it is undone. What cuts the power is not undone: it runs to its end. */
const steps: Readonly<Record<PowerAction, PowerStep>> = {
  stop: {
    // A guest that takes longer than an attempt is asked once: the next attempt finds it stopped, or waits for it.
    run: async (hypervisor, call, { input: { withinMs } }) => {
      if (await hypervisor.stop(call, { forced: false, withinMs: withinMs ?? 0 })) return;
      const message = "The guest did not stop within its time: stop it with `forced: true`, or give it more time.";
      throw new StepFailure("GUEST_DID_NOT_STOP", message, { isFinal: true });
    },
    undo: (hypervisor, call) => hypervisor.start(call),
    timeLimitMs: 630_000,
  },
  force_stop: {
    run: async (hypervisor, call) => void (await hypervisor.stop(call, forced)),
    retry: patientRetry,
  },
  reboot: { run: (hypervisor, call) => hypervisor.reboot(call) },
  pause: {
    run: (hypervisor, call) => hypervisor.pause(call),
    undo: (hypervisor, call) => hypervisor.resume(call),
  },
  resume: {
    run: (hypervisor, call) => hypervisor.resume(call),
    undo: (hypervisor, call, { input: { from } }) =>
      from === "suspended" ? hypervisor.suspend(call) : hypervisor.pause(call),
  },
  suspend: {
    run: (hypervisor, call) => hypervisor.suspend(call),
    undo: (hypervisor, call) => hypervisor.resume(call),
  },
  recover: {
    run: (hypervisor, call) => hypervisor.start(call),
    undo: async (hypervisor, call) => void (await hypervisor.stop(call, forced)),
  },
};

export const powerActions = Object.keys(steps) as PowerAction[];

/**
 * Returns the operation of each action: the hypervisor does it, and then the state is recorded. It can be cancelled until the state is recorded; one that cuts
 * the power can be cancelled until it does.
 */
export const powerOperation = (
  machinery: GetMachinery,
  action: PowerAction,
): OperationDefinition<WriteTx, PowerInput> => {
  const isFinal = action === "force_stop";
  const act = machineStep<PowerInput>(machinery, {
    ...steps[action],
    name: action,
    machineOf: ({ input }) => input,
    lastSafePoint: !isFinal,
  });
  const record = stateStep<PowerInput>(({ input: { vmId, from, to, reason } }) => ({
    vmId,
    from,
    to,
    reason: reason ?? undefined,
  }));
  return withOwnVmSlot(
    { kind: `${action}_vm`, version: 1, steps: action === "reboot" ? [act] : [act, record] },
    ({ vmId }) => vmId,
    { isFinal },
  );
};
