import { z } from "zod";
import { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
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

async function send<Result>(
  calls: Calls,
  { fence, tenantId, actor, requestId, signal }: Context,
  query: string,
  { variables, shape }: { variables: Variables; shape: z.ZodType<Result> },
): Promise<Result> {
  const request = { query, variables, shape: z.object({ result: shape }) };
  const context = {
    tenantId,
    requestId: requestId ?? fence.operationId,
    deadline: Date.now() + callTimeoutMs,
    signal,
    onBehalfOf: actor,
    operationId: fence.operationId,
  };
  try {
    return (await calls.call("scheduler", request, context)).result;
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    throw new StepFailure(error.code, error.message, { isFinal: final.has(error.code) });
  }
}

/** Sends a mutation about the VM of an operation. */
function change<Result>(
  calls: Calls,
  context: Context,
  field: string,
  { more = {}, selection, shape }: { more?: object; selection: string; shape: z.ZodType<Result> },
): Promise<Result> {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { result: ${field}(input: $input) { ${selection} } }`;
  const input = { ...context.fence, vmId: context.input.vmId, ...more };
  return send(calls, context, query, { variables: { input }, shape });
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
  /** The node that is selected if it suits. */
  preferredNodeId?: string;
}

/**
 * Chooses a node and reserves the room of the VM there. It replaces what the operation had reserved before. A VM that has a claim keeps it when its node still
 * suits by the rules of this moment.
 * @throws StepFailure NO_CAPACITY, whose message counts the reasons; RESERVATION_EXPIRED when a later attempt has replaced this one
 */
export const reserve = (calls: Calls, context: Context, wanted: PlacementRequest): Promise<Placement> =>
  change(calls, context, "reservePlacement", {
    more: wanted,
    selection: "nodeId nodeName allocationId decisionId",
    shape: placement,
  });

/** Makes the reservation on a node the claim of the VM. A claim that the VM moves away from is released by `releaseOn`. */
export const activate = (calls: Calls, context: Context, nodeId: string): Promise<unknown> =>
  change(calls, context, "activateAllocation", {
    more: { nodeId },
    selection: "allocationId",
    shape: z.object({ allocationId: z.string() }),
  });

const released = { selection: "released", shape: z.object({ released: z.number() }) };

/** Gives back what the operation itself has reserved for the VM. It can reserve nothing afterwards. */
export const undoReserve = (calls: Calls, context: Context): Promise<unknown> =>
  change(calls, context, "releaseAllocation", { ...released, more: { ownOnly: true } });

/** Gives back all claims of the VM. */
export const release = (calls: Calls, context: Context): Promise<unknown> =>
  change(calls, context, "releaseAllocation", released);

/** Gives back the claim of the VM on one node. */
export const releaseOn = (calls: Calls, context: Context, nodeId: string): Promise<unknown> =>
  change(calls, context, "releaseAllocation", { ...released, more: { nodeId } });

/** Returns the nodes on which the operation has reserved room for the VM. */
export const reservedNodes = async (calls: Calls, context: Context): Promise<readonly string[]> =>
  (await send(
    calls,
    context,
    "query ($vmId: ID!, $operationId: ID!) { result: reservedNodes(vmId: $vmId, operationId: $operationId) }",
    {
      variables: { vmId: context.input.vmId, operationId: context.fence.operationId },
      shape: z.array(z.string()).nullable(),
    },
  )) ?? [];
