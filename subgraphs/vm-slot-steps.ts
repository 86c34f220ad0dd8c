import { z } from "zod";
import { PublicError } from "#lib/errors.ts";
import { log } from "#lib/observability/log.ts";
import type { EffectStep, Json, OperationDefinition, Step, StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";

export interface VmSlotOptions<Input> {
  calls: Pick<ServiceCalls, "call">;
  /** Returns the id of the VM that the operation works on. */
  vmOf(input: Input): string;
}

/**
 * Returns a definition whose operations have the slot of their VM while they run. The first step takes it, and its undo releases it. The last step releases it,
 * and never fails the operation: what it does not release is released when the vms domain records that the operation has ended. The operation cannot be
 * cancelled any more when the last step begins, because its undos would work on a VM whose slot another operation may have.
 */
export function withVmSlot<Tx, Input = Json>(
  { kind, version, steps }: OperationDefinition<Tx, Input>,
  { calls, vmOf }: VmSlotOptions<Input>,
): OperationDefinition<Tx, Input> {
  const send = slotCalls(calls, kind, vmOf);
  const take: EffectStep<Input> = {
    ...limits,
    type: "effect",
    name: "take_vm_slot",
    run: (context) => send("take", context),
    undo: (context) => send("release", context),
  };
  const release: EffectStep<Input> = {
    ...limits,
    type: "effect",
    name: "release_vm_slot",
    // A step that has used up its attempts fails the operation, also when each of them ended with its process.
    retry: { ...limits.retry, attempts: endless },
    run: async (context) =>
      send("release", context).catch((error: unknown) => {
        if (context.attempt < patientAttempts) throw error;
        log.operations.warn({ err: error, operation: context.fence.operationId }, "the slot of a VM was not released");
        return null;
      }),
  };
  return { kind, version, steps: [take, ...untilRelease(steps), release] };
}

/** Returns the steps with a last safe point, which is the last step unless another one is. */
export function untilRelease<Tx, Input>(steps: readonly Step<Tx, Input>[]): readonly Step<Tx, Input>[] {
  if (steps.some(({ lastSafePoint }) => lastSafePoint)) return steps;
  return steps.map((step, at) => (at === steps.length - 1 ? { ...step, lastSafePoint: true } : step));
}

const endless = 2 ** 31 - 1;
/** After this many attempts the last step leaves the slot to the record of the operation's end. */
const patientAttempts = 4;
const callTimeoutMs = 5_000;

export const limits = {
  retry: { attempts: 10, firstDelayMs: 200, longestDelayMs: 10_000 },
  timeLimitMs: 2 * callTimeoutMs,
  undoRetry: { attempts: 1_000, firstDelayMs: 200, longestDelayMs: 30_000 },
  undoTimeLimitMs: 2 * callTimeoutMs,
};

const names = { take: "takeVmSlot", release: "releaseVmSlot" } as const;
const shape = z.object({ slot: z.object({ vmId: z.string() }) });

const slotCalls =
  <Input>(calls: VmSlotOptions<Input>["calls"], operationKind: string, vmOf: (input: Input) => string) =>
  async (what: keyof typeof names, context: StepContext<Input>): Promise<Json> => {
    const { fence, tenantId, actor, requestId, input, signal } = context;
    const name = names[what];
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const { slot } = await calls
      .call(
        "vms",
        {
          query: `mutation Slot($input: ${type}) { slot: ${name}(input: $input) { vmId } }`,
          variables: { input: { ...fence, vmId: vmOf(input), operationKind } },
          shape,
        },
        {
          tenantId,
          requestId: requestId ?? fence.operationId,
          deadline: Date.now() + callTimeoutMs,
          signal,
          onBehalfOf: actor,
          operationId: fence.operationId,
        },
      )
      .catch((error: unknown) => {
        throw error instanceof PublicError ? failureOf(error) : error;
      });
    return { vmId: slot.vmId };
  };

/** Another attempt does not change that another operation has the slot, that there is no such VM, or that the attempt itself is outdated. */
const final: ReadonlySet<string> = new Set(["VM_BUSY", "NOT_FOUND", "FENCING_TOKEN_OUTDATED"]);

/** Returns an error of the vms domain as it is stored with the operation. */
export const failureOf = ({ code, message }: PublicError): StepFailure =>
  new StepFailure(code, message, { isFinal: final.has(code) });
