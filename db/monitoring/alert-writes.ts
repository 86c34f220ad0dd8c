import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { Tx, WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { upsert } from "../upsert.ts";
import { alertChanges } from "./changes.ts";
import { type AlertRuleRow, alertRules } from "./schema/alert-rules.ts";
import { type AlertInstanceRow, alertInstances } from "./schema/alert-instances.ts";

type NewAlert = typeof alertInstances.$inferInsert;

/** Raises alerts, except where the rule already has an open alert for the entity. @returns how many were raised */
export const raiseAlerts = (tx: WriteTx, alerts: readonly NewAlert[]): Promise<number> =>
  upsert(tx, alertInstances, alerts, { onConflict: ["id"], update: "none", emits: alertChanges });

const setState = statement<ChangedRow>(
  () => sql`
    update ${alertInstances} set state = ${sql.placeholder("to")}::text::alert_state_enum, ${countedWrite(alertInstances)},
      fired_at = case when ${sql.placeholder("to")}::text = 'firing' then coalesce(fired_at, now()) else fired_at end,
      resolved_at = case when ${sql.placeholder("to")}::text = 'resolved' then now() end
    where id = ${sql.placeholder("id")}::uuid and ${ofTenant(alertInstances.tenantId)}
      and state = ${sql.placeholder("from")}::text::alert_state_enum
    returning ${changeColumns(alertChanges)}`,
);

export interface AlertStep {
  id: string;
  from: "pending" | "firing";
  to: "firing" | "resolved";
}

/** Moves an open alert to its next state. An alert whose state has changed meanwhile stays as it is. @returns whether it moved */
export async function moveAlert(tx: WriteTx, { id, from, to }: AlertStep): Promise<boolean> {
  const moved = await tx.run(setState, { id, from, to, tenantId: tx.tenantId });
  await append(tx, changeEvents(alertChanges, moved, "updated"));
  return moved.length > 0;
}

export type OpenAlert = Pick<AlertInstanceRow, "id" | "ruleId" | "vmId" | "state" | "metadata">;

const open = statement<OpenAlert>(
  () => sql`
    select id, rule_id as "ruleId", vm_id as "vmId", state, metadata from ${alertInstances}
    where ${ofTenant(alertInstances.tenantId)} and state <> 'resolved' order by updated_at, id`,
);

/** Returns the tenant's open alerts, ordered by how long they have been in their state, longest first. */
export const openAlerts = (tx: Tx): Promise<OpenAlert[]> => tx.run(open, { tenantId: tx.tenantId });

export type CpuRule = Pick<
  AlertRuleRow,
  "id" | "name" | "severity" | "aggregate" | "comparisonOperator" | "thresholdValue"
>;

const cpuRules = statement<CpuRule>(
  () => sql`
    select id, name, severity, aggregate, comparison_operator as "comparisonOperator", threshold_value as "thresholdValue"
    from ${alertRules} where ${ofTenant(alertRules.tenantId)} and deleted_at is null and enabled and metric_name = 'cpu_usage_percent'
    order by created_at, id`,
);

/** Returns the tenant's rules that watch the CPU usage of VMs, oldest first. */
export const enabledCpuRules = (tx: Tx): Promise<CpuRule[]> => tx.run(cpuRules, { tenantId: tx.tenantId });
