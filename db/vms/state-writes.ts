import { sql } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { RowMetadata } from "../columns.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { upsert } from "../upsert.ts";
import { vmChanges, vmStateTransitionChanges } from "./changes.ts";
import { vmStateTransitions } from "./schema/vm-state-transitions.ts";
import { type VmRow, vms } from "./schema/vms.ts";

type VmState = VmRow["state"];

export interface StateChange {
  vmId: string;
  from: VmState;
  to: VmState;
  /** The origin of a VM that is moved off a dead node. That of every other transient state is the state before. */
  origin?: VmState | undefined;
  reason?: string | undefined;
  /** A user of the auth database. By default the actor of the transaction, if that is a user. */
  initiatedBy?: string | undefined;
  /** The durable operation of which the change is a step. */
  operationId?: string | undefined;
  metadata?: RowMetadata | undefined;
}

const setStates = statement<ChangedRow>(
  () => sql`
    update ${vms} set state = input.after,
      origin_state = case when input.after in ('migrating', 'backing_up', 'restoring') then coalesce(input.origin, input.before) end,
      deleted_at = case when input.after = 'deleted' then now() end, ${countedWrite(vms)}
    from unnest(${sql.placeholder("vmIds")}::uuid[], ${sql.placeholder("from")}::text[]::vm_state_enum[],
      ${sql.placeholder("to")}::text[]::vm_state_enum[], ${sql.placeholder("origins")}::text[]::vm_state_enum[]) as input (vm_id, before, after, origin)
    where vms.id = input.vm_id and ${ofTenant(vms.tenantId)} and vms.state = input.before
    returning ${changeColumns(vmChanges)}`,
);

/**
 * Moves VMs, each at most once, from one state into another that may follow it, and records it. A VM whose state has changed meanwhile stays as it is.
 * @returns the ids of those that moved
 */
export async function changeStates(tx: WriteTx, changes: readonly StateChange[]): Promise<string[]> {
  const moved = await tx.run(setStates, {
    vmIds: changes.map(({ vmId }) => vmId),
    from: changes.map(({ from }) => from),
    to: changes.map(({ to }) => to),
    origins: changes.map(({ origin = null }) => origin),
    tenantId: tx.tenantId,
  });
  await append(tx, changeEvents(vmChanges, moved, "updated"));
  const ids = new Set(moved.map(({ __key }) => __key));
  await recordTransitions(
    tx,
    changes.filter(({ vmId }) => ids.has(vmId)),
  );
  return [...ids];
}

/** A state that a VM has got. `from` is null for its first one. */
export type Transition = Omit<StateChange, "from" | "origin"> & { from: VmState | null };

/** Records transitions of VMs, with who made them and in which request. */
export const recordTransitions = (tx: WriteTx, transitions: readonly Transition[]): Promise<number> =>
  upsert(
    tx,
    vmStateTransitions,
    transitions.map(({ vmId, from, to, reason, initiatedBy = userOf(tx.actor), operationId, metadata }) => ({
      id: newId(),
      vmId,
      tenantId: tx.tenantId,
      fromState: from,
      toState: to,
      reason: reason ?? null,
      initiatedBy: initiatedBy ?? null,
      actor: tx.actor ?? null,
      requestId: tx.requestId ?? null,
      operationId: operationId ?? null,
      metadata: metadata ?? null,
    })),
    { onConflict: ["id"], update: "none", emits: vmStateTransitionChanges },
  );

const userOf = (actor: string | undefined): string | undefined =>
  actor?.startsWith("user:") ? actor.slice("user:".length) : undefined;

const newest = statement<{ at: Date | null }>(
  () => sql`select max(created_at) as at from ${vmStateTransitions} where ${ofTenant(vmStateTransitions.tenantId)}`,
);

/** Returns when a VM of the tenant last changed its state; undefined when none ever did. */
export async function lastStateChange(tx: Tx): Promise<Date | undefined> {
  return (await tx.run(newest, { tenantId: tx.tenantId }))[0]?.at ?? undefined;
}
