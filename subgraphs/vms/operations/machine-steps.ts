import type { Hypervisor, MachineCall } from "#hypervisors/port.ts";
import type { EffectStep, Json, StepContext } from "#lib/operations/definition.ts";
import type { GetMachinery } from "./machinery.ts";

/** Where the machine of a VM is. */
export type MachineInput = {
  readonly vmId: string;
  readonly nodeId: string;
};

const callMs = 30_000;
const retry = { attempts: 10, firstDelayMs: 200, longestDelayMs: 10_000 };
/** For what must end, and is not undone. */
export const patientRetry = { attempts: 1_000, firstDelayMs: 200, longestDelayMs: 30_000 };
export const machineLimits = { retry, timeLimitMs: callMs, undoRetry: patientRetry, undoTimeLimitMs: callMs };

/** Returns what identifies a call to the hypervisor: the machine, the operation and the step. */
export const machineCall = (
  { fence, signal }: Pick<StepContext<unknown>, "fence" | "signal">,
  { vmId, nodeId }: MachineInput,
  step: string,
): MachineCall => ({ nodeId, vmId, fence, step, signal });

type Work<Input> = (
  hypervisor: Hypervisor,
  call: MachineCall,
  context: StepContext<Input>,
) => Promise<Json | undefined | void>;

export interface MachineStep<Input> extends Partial<
  Pick<EffectStep<Input>, "retry" | "timeLimitMs" | "undoRetry" | "undoTimeLimitMs" | "lastSafePoint">
> {
  name: string;
  machineOf(context: StepContext<Input>): MachineInput;
  run: Work<Input>;
  undo?: Work<Input>;
}

/** Returns a step that calls the hypervisor about the VM's machine. */
export function machineStep<Input>(
  machinery: GetMachinery,
  { name, machineOf, run, undo, ...more }: MachineStep<Input>,
): EffectStep<Input> {
  const doing = async (work: Work<Input>, context: StepContext<Input>, step: string): Promise<Json> =>
    (await work(machinery().hypervisor, machineCall(context, machineOf(context), step), context)) ?? null;
  return {
    ...machineLimits,
    ...more,
    type: "effect",
    name,
    run: (context) => doing(run, context, name),
    ...(undo ? { undo: (context: StepContext<Input>) => doing(undo, context, `undo ${name}`) } : {}),
  };
}
