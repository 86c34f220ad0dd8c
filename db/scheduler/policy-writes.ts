import { sql } from "drizzle-orm";
import { newId } from "#lib/uuid.ts";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { schedulingPolicyChanges } from "./changes.ts";
import { type SchedulingPolicyRow, schedulingPolicies } from "./schema/scheduling-policies.ts";

const { placeholder } = sql;
const returned = sql`${changeColumns(schedulingPolicyChanges)}, ${selectList({ table: schedulingPolicies })}`;
const own = sql`${schedulingPolicies.id} = ${placeholder("id")}::uuid and ${ofTenant(schedulingPolicies.tenantId)}`;

export type PolicyContents = Pick<SchedulingPolicyRow, "name" | "description" | "priority" | "rules" | "enabled">;

const asValues = ({ rules, ...rest }: PolicyContents) => ({ ...rest, rules: JSON.stringify(rules) });

const insert = statement<SchedulingPolicyRow & ChangedRow>(
  () => sql`
    insert into ${schedulingPolicies} (id, tenant_id, name, description, priority, policy_type, rules, enabled)
    values (${placeholder("id")}::uuid, ${placeholder("tenantId")}::uuid, ${placeholder("name")}::text, ${placeholder("description")}::text,
      ${placeholder("priority")}::int, 'placement', ${placeholder("rules")}::text::jsonb, ${placeholder("enabled")}::boolean)
    on conflict do nothing returning ${returned}`,
);

/** Adds a placement policy. Returns undefined when the tenant already has a policy of this name. */
export async function insertPolicy(tx: WriteTx, policy: PolicyContents): Promise<SchedulingPolicyRow | undefined> {
  const rows = await tx.run(insert, { ...asValues(policy), id: newId(), tenantId: tx.tenantId });
  await append(tx, changeEvents(schedulingPolicyChanges, rows));
  return rows[0];
}

const lock = statement<SchedulingPolicyRow>(
  () => sql`select ${selectList({ table: schedulingPolicies })} from ${schedulingPolicies} where ${own} for update`,
);

/** Returns a policy of the tenant, locked until the transaction ends. */
export const lockPolicy = async (tx: WriteTx, id: string): Promise<SchedulingPolicyRow | undefined> =>
  (await tx.run(lock, { id, tenantId: tx.tenantId }))[0];

const update = statement<SchedulingPolicyRow & ChangedRow>(
  () => sql`
    update ${schedulingPolicies} set name = ${placeholder("name")}::text, description = ${placeholder("description")}::text,
      priority = ${placeholder("priority")}::int, rules = ${placeholder("rules")}::text::jsonb, enabled = ${placeholder("enabled")}::boolean,
      ${countedWrite(schedulingPolicies)}
    where ${own} returning ${returned}`,
);

/** Returns undefined when the tenant has no such policy. @throws a unique violation for a name that another policy has */
export const updatePolicy = (tx: WriteTx, id: string, policy: PolicyContents) =>
  changePolicy(tx, update, "updated", { id, ...asValues(policy) });

const remove = statement<SchedulingPolicyRow & ChangedRow>(
  () => sql`delete from ${schedulingPolicies} where ${own} returning ${returned}`,
);

export const deletePolicy = (tx: WriteTx, id: string) => changePolicy(tx, remove, "deleted", { id });

async function changePolicy(
  tx: WriteTx,
  change: Statement<SchedulingPolicyRow & ChangedRow>,
  kind: "updated" | "deleted",
  values: Record<string, unknown>,
): Promise<SchedulingPolicyRow | undefined> {
  const rows = await tx.run(change, { ...values, tenantId: tx.tenantId });
  await append(tx, changeEvents(schedulingPolicyChanges, rows, kind));
  return rows[0];
}
