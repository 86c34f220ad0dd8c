import type { WriteTx } from "#db/client.ts";
import type { Json, OperationDefinition, StepContext } from "#lib/operations/definition.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { Keyring } from "#lib/trust/keyring.ts";
import { withVmSlot } from "#subgraphs/vm-slot-steps.ts";
import { limits } from "./drill.ts";

export interface SlotWorkerOptions {
  url: string;
  vmsUrl: string;
  leaseMs: number;
  hangs: boolean;
}

export const jobsKeys: Keyring = [{ id: "1", secret: "the own key of the jobs of this test" }];

/** Returns an operation on a VM with one step. */
export const workOnVm = (
  calls: Pick<ServiceCalls, "call">,
  work: (context: StepContext) => Promise<void>,
  undo: (context: StepContext) => Promise<void> = async () => undefined,
): OperationDefinition<WriteTx> =>
  withVmSlot(
    {
      kind: "move_vm",
      version: 1,
      steps: [
        {
          ...limits,
          type: "effect",
          name: "move",
          run: async (context) => {
            await work(context);
            return null;
          },
          undo,
        },
      ],
    },
    { calls, vmOf },
  );

export const vmOf = (input: Json): string => (input as { vmId: string }).vmId;
