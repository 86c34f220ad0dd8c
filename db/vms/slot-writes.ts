import { sql } from "drizzle-orm";
import { longestBeliefMs } from "#lib/trust/signed-context.ts";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { projectedOperations } from "./schema/projected-operations.ts";
import { vmSlots } from "./schema/vm-slots.ts";
import { vms } from "./schema/vms.ts";
import { lockOperations } from "./slot-lock.ts";

/** What an operation states when it takes or releases the slot of a VM. */
export interface SlotClaim {
  vmId: string;
  operationId: string;
  operationKind: string;
  /** The fencing token of the operation's step. */
  token: number;
}

export interface SlotHolder {
  operationId: string;
  operationKind: string;
}

export type SlotOutcome =
  | { outcome: "taken" }
  | { outcome: "busy"; holder: SlotHolder }
  /** The operation has used a higher token, has released the slot already, or has ended. */
  | { outcome: "outdated" }
  /** The tenant has no such VM, or it was deleted. */
  | { outcome: "no vm" };

const { placeholder } = sql;
const vmId = sql`${placeholder("vmId")}::uuid`;
const operationId = sql`${placeholder("operationId")}::uuid`;
const token = sql`${placeholder("token")}::bigint`;
const own = sql`${vmSlots.vmId} = ${vmId} and ${vmSlots.operationId} = ${operationId} and ${ofTenant(vmSlots.tenantId)}`;

/** The operation has ended, as far as this database has learned. What is parked has not: docs/operations.md. */
const hasEnded = sql`exists (
    select from ${projectedOperations} where ${projectedOperations.id} = ${operationId} and ${ofTenant(projectedOperations.tenantId)}
      and ${projectedOperations.endedAt} is not null and ${projectedOperations.state} <> 'parked')`;

const isPresent = sql`(${vms.deletedAt} is null or ${placeholder("ofDeleted")}::boolean)`;

/** Inserts no row when an operation has the slot, or this one has a row already or has ended. */
const insertSlot = statement<{ token: number }>(
  () => sql`
    insert into ${vmSlots} (vm_id, tenant_id, operation_id, operation_kind, token)
    select id, tenant_id, ${operationId}, ${placeholder("operationKind")}::text, ${token}
    from ${vms} where ${vms.id} = ${vmId} and ${ofTenant(vms.tenantId)} and ${isPresent} and not ${hasEnded}
    on conflict do nothing returning token`,
);

const raiseToken = statement<{ token: number }>(
  () => sql`
    update ${vmSlots} set token = ${token}
    where ${own} and ${vmSlots.releasedAt} is null and ${vmSlots.token} <= ${token} returning token`,
);

const readSlot = statement<
  { isOver: boolean; hasVm: boolean } & { [Name in keyof SlotHolder]: SlotHolder[Name] | null }
>(
  () => sql`
    select exists (select from ${vmSlots} where ${own}) or ${hasEnded} as "isOver",
      exists (select from ${vms} where ${vms.id} = ${vmId} and ${ofTenant(vms.tenantId)} and ${isPresent}) as "hasVm",
      held.operation_id as "operationId", held.operation_kind as "operationKind"
    from (values (1)) as one left join lateral (
      select operation_id, operation_kind from ${vmSlots}
      where ${vmSlots.vmId} = ${vmId} and ${vmSlots.releasedAt} is null and ${ofTenant(vmSlots.tenantId)}
    ) as held on true`,
);

// Compared by the database's clock only, which may be ahead of or behind the caller's clock.
const keptMs = 3 * longestBeliefMs;
const forgetReleased = statement<never>(
  () => sql`
    delete from ${vmSlots} where ${vmSlots.vmId} = ${vmId} and ${ofTenant(vmSlots.tenantId)}
      and ${vmSlots.releasedAt} < now() - ${sql.raw(`interval '${keptMs} milliseconds'`)}`,
);

/** How often the slot may be released by another operation between two statements of one attempt to take it. */
const attempts = 5;

/** Takes the slot of a VM for an operation. An operation that has it already keeps it, and its token is raised. */
export async function tryTakeSlot(
  tx: WriteTx,
  claim: SlotClaim,
  { ofDeleted = false }: { ofDeleted?: boolean } = {},
): Promise<SlotOutcome> {
  const values = { ...claim, ofDeleted, tenantId: tx.tenantId };
  let holder: SlotHolder | undefined;
  // The end of the operation is recorded before or after this, so that one of the two sees the other.
  tx.enqueue(lockOperations, { operationIds: [claim.operationId] });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const inserted = await tx.run(insertSlot, values);
    if (inserted.length > 0) {
      tx.enqueue(forgetReleased, values);
      return { outcome: "taken" };
    }
    if ((await tx.run(raiseToken, values)).length > 0) return { outcome: "taken" };
    const [found] = await tx.run(readSlot, values);
    if (found?.isOver) return { outcome: "outdated" };
    if (!found?.hasVm) return { outcome: "no vm" };
    const { operationId: id, operationKind } = found;
    if (id !== null && operationKind !== null) holder = { operationId: id, operationKind };
    if (holder) return { outcome: "busy", holder };
  }
  throw new Error(`The slot of a VM was released ${attempts} times and never free.`);
}

/** Also records a release of what was never taken: a call that takes it and arrives later is refused. */
const releaseOwn = statement<{ token: number }>(
  () => sql`
    insert into ${vmSlots} (vm_id, tenant_id, operation_id, operation_kind, token, released_at)
    select id, tenant_id, ${operationId}, ${placeholder("operationKind")}::text, ${token}, clock_timestamp()
    from ${vms} where ${vms.id} = ${vmId} and ${ofTenant(vms.tenantId)}
    on conflict (operation_id, vm_id) do update
      set token = excluded.token, released_at = coalesce(vm_slots.released_at, excluded.released_at)
      where vm_slots.token <= excluded.token and ${ofTenant(vmSlots.tenantId)}
    returning token`,
);

const readOwn = statement<{ token: number }>(() => sql`select token from ${vmSlots} where ${own}`);

/** Releases the slot of a VM if the operation has it. Returns false for a token that is lower than one that the operation has used. */
export async function releaseSlot(tx: WriteTx, claim: SlotClaim): Promise<boolean> {
  const values = { ...claim, tenantId: tx.tenantId };
  if ((await tx.run(releaseOwn, values)).length > 0) return true;
  return (await tx.run(readOwn, values)).length === 0;
}
