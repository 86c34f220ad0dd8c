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
import { type VmStateTransitionRow, vmStateTransitions } from "./schema/vm-state-transitions.ts";
import { vms } from "./schema/vms.ts";

export interface StateChange {
  vmId: string;
  from: VmStateTransitionRow["toState"];
  to: VmStateTransitionRow["toState"];
  reason: string;
  /** A user of the auth database. */
  initiatedBy: string;
  metadata?: RowMetadata | undefined;
}

const setStates = statement<ChangedRow>(
  () => sql`
    update ${vms} set state = input.after,
      origin_state = case when input.after in ('migrating', 'backing_up', 'restoring') then input.before end, ${countedWrite(vms)}
    from unnest(${sql.placeholder("vmIds")}::uuid[], ${sql.placeholder("from")}::text[]::vm_state_enum[],
      ${sql.placeholder("to")}::text[]::vm_state_enum[]) as input (vm_id, before, after)
    where vms.id = input.vm_id and ${ofTenant(vms.tenantId)} and vms.state = input.before and vms.deleted_at is null
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
    tenantId: tx.tenantId,
  });
  await append(tx, changeEvents(vmChanges, moved, "updated"));
  const ids = new Set(moved.map(({ __key }) => __key));
  await upsert(
    tx,
    vmStateTransitions,
    changes
      .filter(({ vmId }) => ids.has(vmId))
      .map(({ vmId, from, to, reason, initiatedBy, metadata }) => ({
        id: newId(),
        vmId,
        tenantId: tx.tenantId,
        fromState: from,
        toState: to,
        reason,
        initiatedBy,
        metadata,
      })),
    { onConflict: ["id"], update: "none", emits: vmStateTransitionChanges },
  );
  return [...ids];
}

const newest = statement<{ at: Date | null }>(
  () => sql`select max(created_at) as at from ${vmStateTransitions} where ${ofTenant(vmStateTransitions.tenantId)}`,
);

/** Returns when a VM of the tenant last changed its state; undefined when none ever did. */
export async function lastStateChange(tx: Tx): Promise<Date | undefined> {
  return (await tx.run(newest, { tenantId: tx.tenantId }))[0]?.at ?? undefined;
}
