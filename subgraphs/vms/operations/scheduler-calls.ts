import { z } from "zod";
import { PublicError } from "#lib/errors.ts";
import type { StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import type { ServiceCalls } from "#lib/subgraph/service-calls.ts";
import type { RequestedAmounts } from "./requested-amounts.ts";

// What an operation on a VM requests of the scheduler, as its step: docs/lifecycle.md.

type Calls = Pick<ServiceCalls, "call">;
type Context = Pick<StepContext<{ vmId: string }>, "fence" | "tenantId" | "actor" | "requestId" | "input" | "signal">;

const callTimeoutMs = 5_000;

/** Another attempt does not change these. */
const final: ReadonlySet<string> = new Set(["NO_CAPACITY", "FENCING_TOKEN_OUTDATED", "NOT_FOUND", "BAD_USER_INPUT"]);

async function call<Result>(
  calls: Calls,
  { fence, tenantId, actor, requestId, input: { vmId }, signal }: Context,
  field: string,
  { more = {}, selection, shape }: { more?: object; selection: string; shape: z.ZodType<Result> },
): Promise<Result> {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`;
  const { result } = await calls
    .call(
      "scheduler",
      {
        query: `mutation ($input: ${type}) { result: ${field}(input: $input) { ${selection} } }`,
        variables: { input: { ...fence, vmId, ...more } },
        shape: z.object({ result: shape }),
      },
      {
        tenantId,
        requestId: requestId ?? fence.operationId,
        deadline: Date.now() + callTimeoutMs,
        signal,
        onBehalfOf: actor,
      },
    )
    .catch((error: unknown) => {
      if (!(error instanceof PublicError)) throw error;
      throw new StepFailure(error.code, error.message, { isFinal: final.has(error.code) });
    });
  return result;
}

const placement = z.object({
  nodeId: z.string(),
  nodeName: z.string(),
  allocationId: z.string(),
  decisionId: z.string(),
});
export type Placement = z.infer<typeof placement>;

export interface PlacementRequest {
  /** The name of the attempt: the same one gets the same placement again. */
  step: string;
  resources: RequestedAmounts;
  tags: Readonly<Record<string, string>>;
  excludedNodeIds?: readonly string[];
  preferredNodeId?: string | null;
}

/**
 * Chooses a node and reserves the room of the VM there. What the operation had reserved for the VM before is replaced.
 * @throws StepFailure NO_CAPACITY, whose message counts the reasons
 */
export const reserve = (calls: Calls, context: Context, wanted: PlacementRequest): Promise<Placement> =>
  call(calls, context, "reservePlacement", {
    more: wanted,
    selection: "nodeId nodeName allocationId decisionId",
    shape: placement,
  });

const ofVm = { selection: "vmId", shape: z.object({ vmId: z.string() }) };

/** Makes the reservation on a node the claim of the VM. */
export const activate = (calls: Calls, context: Context, nodeId: string): Promise<unknown> =>
  call(calls, context, "activateAllocation", { ...ofVm, more: { nodeId } });

/** Gives back what the operation has reserved for the VM, or the VM's claim. The operation can reserve nothing afterwards. */
export const release = (calls: Calls, context: Context): Promise<unknown> =>
  call(calls, context, "releaseAllocation", ofVm);

/** Returns the nodes on which the operation has reserved room for the VM. */
export const claimedNodes = async (calls: Calls, context: Context): Promise<readonly string[]> =>
  (
    await call(calls, context, "listReservedNodes", {
      selection: "nodeIds",
      shape: z.object({ nodeIds: z.array(z.string()) }),
    })
  ).nodeIds;
