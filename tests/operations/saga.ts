import { sql } from "drizzle-orm";
import type { WriteTx } from "#db/client.ts";
import { countedWrite } from "#db/row-writes.ts";
import { statement } from "#db/statement.ts";
import { ofTenant } from "#db/tenant-predicate.ts";
import { setNodesOfVms } from "#db/vms/fleet-writes.ts";
import { vms } from "#db/vms/schema/vms.ts";
import { changeStates, type StateChange } from "#db/vms/state-writes.ts";
import type { Fence, OperationDefinition, Step, StepContext } from "#lib/operations/definition.ts";
import { StepFailure } from "#lib/operations/failures.ts";
import { journal, limits } from "./drill.ts";

/** The steps whose effect is in another database than the operation's own, by its domain. */
export const remoteSteps = { claim: "scheduler", watch: "monitoring", move: "federation", note: "auth" } as const;
export type RemoteStep = keyof typeof remoteSteps;

/** The steps that have an effect, each in a database. */
export const sagaEffects = ["claim", "start", "watch", "move", "place", "note"] as const;

export type SagaInput = {
  readonly vmId: string;
  readonly nodeId: string;
  /** The step that fails for good after its effect. */
  readonly failAt?: string;
  /** The step whose undo never works. */
  readonly stuckAt?: string;
};

/** What the saga sends to its callee. */
export interface SagaCall {
  what: "apply" | "undo";
  step: RemoteStep;
  fence: Fence;
  tenantId: string;
  input: SagaInput;
}

/** Sends a call to the callee, and resolves to the id of what it made. */
type Call = (call: SagaCall, signal: AbortSignal) => Promise<string>;

/** Returns the calls to the callee that listens at the URL. */
export const callsOf =
  (url: string): Call =>
  async (call, signal) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(call), signal });
    if (response.status === 409) throw new StepFailure("FENCED", "The callee has seen a newer token.");
    if (!response.ok) throw new Error(`The callee responded with ${response.status}.`);
    return response.text();
  };

/** Starts a VM on a node where it is watched: six effects in the databases of five domains, and an approval between them. */
export function saga(call: Call): OperationDefinition<WriteTx, SagaInput> {
  const failing = ({ input }: StepContext<SagaInput>, name: string) => {
    if (input.failAt === name)
      throw new StepFailure("SAGA", "The step fails, as its input requires.", { isFinal: true });
  };
  const stuck = ({ input }: StepContext<SagaInput>, name: string) => {
    if (input.stuckAt === name) throw new StepFailure("SAGA_UNDO", "The undo fails, as the input requires.");
  };
  const remote = (step: RemoteStep): Step<WriteTx, SagaInput> => ({
    type: "effect",
    name: step,
    ...limits,
    run: async (context) => {
      const { fence, tenantId, input, signal } = context;
      const id = await call({ what: "apply", step, fence, tenantId, input }, signal);
      failing(context, step);
      return { id };
    },
    undo: async (context) => {
      stuck(context, step);
      const { fence, tenantId, input, signal } = context;
      await call({ what: "undo", step, fence, tenantId, input }, signal);
    },
  });
  const transaction = (
    name: "start" | "place",
    { apply, undo }: Record<"apply" | "undo", (input: SagaInput, tx: WriteTx) => Promise<unknown>>,
  ): Step<WriteTx, SagaInput> => ({
    type: "transaction",
    name,
    ...limits,
    run: async (context, tx) => {
      await apply(context.input, tx);
      await journal(tx, "applied", context.fence, name);
      failing(context, name);
      return { id: context.input.vmId };
    },
    undo: async (context, tx) => {
      stuck(context, name);
      await undo(context.input, tx);
      await journal(tx, "undone", context.fence, name);
    },
  });
  const start = transaction("start", {
    apply: ({ vmId }, tx) => move(tx, vmId, "stopped", "running"),
    undo: ({ vmId }, tx) => move(tx, vmId, "running", "stopped"),
  });
  const place = transaction("place", {
    apply: ({ vmId, nodeId }, tx) => setNodesOfVms(tx, new Map([[vmId, nodeId]])),
    undo: ({ vmId }, tx) => tx.execute(removeFromNode, { vmId, tenantId: tx.tenantId }),
  });
  const approval: Step<WriteTx> = {
    type: "wait",
    name: "approval",
    until: { signal: "approved", withinMs: 60_000 },
    lastSafePoint: true,
  };
  const steps = [remote("claim"), start, remote("watch"), approval, remote("move"), place, remote("note")];
  return { kind: "saga", version: 1, steps };
}

const removeFromNode = statement<never>(
  () => sql`
    update ${vms} set node_id = null, ${countedWrite(vms)}
    where id = ${sql.placeholder("vmId")}::uuid and ${ofTenant(vms.tenantId)}`,
);

async function move(tx: WriteTx, vmId: string, from: StateChange["from"], to: StateChange["to"]): Promise<void> {
  const moved = await changeStates(tx, [{ vmId, from, to, reason: "saga", initiatedBy: vmId }]);
  if (moved.length !== 1) throw new StepFailure("SAGA_STATE", `The VM is not ${from}.`, { isFinal: true });
}
