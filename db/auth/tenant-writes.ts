import { sql } from "drizzle-orm";
import { changeColumns, changeEvents, type ChangedRow } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { upsert } from "../upsert.ts";
import { quotaChanges, tenantChanges } from "./changes.ts";
import { type TenantQuotaRow, tenantQuotas } from "./schema/tenant-quotas.ts";
import { type TenantRow, tenants } from "./schema/tenants.ts";
import { quotaOfTenant } from "./tenant-quotas.ts";
import { tenantEntity, type TenantWithQuota } from "./tenants.ts";

// All of these write the tenant of the transaction, which is not the tenant of the user who requests the change.

export type TenantContents = Pick<TenantRow, "name" | "displayName" | "description">;

/** Returns false when the name belongs to another tenant. */
export async function insertTenant(tx: WriteTx, contents: TenantContents): Promise<boolean> {
  const row = { id: tx.tenantId, ...contents };
  return (await upsert(tx, tenants, [row], { onConflict: ["id"], update: "none", emits: tenantChanges })) > 0;
}

const lock = statement<TenantRow>(
  () => sql`select ${selectList({ table: tenants })} from ${tenants} where ${ofTenant(tenants.id)} for update`,
);

/**
 * Locks the tenant and its quota until the transaction ends, and returns the tenant. Other transactions that change either wait. Returns undefined when there
 * is no such tenant.
 */
export async function lockTenant(tx: WriteTx): Promise<TenantRow | undefined> {
  return (await tx.run(lock, { tenantId: tx.tenantId }))[0];
}

const update = statement<ChangedRow>(
  () => sql`
    update ${tenants} set name = ${sql.placeholder("name")}, display_name = ${sql.placeholder("displayName")},
      description = ${sql.placeholder("description")}, enabled = ${sql.placeholder("enabled")}::boolean,
      ${countedWrite(tenants)}
    where ${ofTenant(tenants.id)} returning ${changeColumns(tenantChanges)}`,
);

/** Updates the tenant. The caller must have locked it. Another tenant's name is a unique violation. */
export async function updateTenant(tx: WriteTx, contents: TenantContents & Pick<TenantRow, "enabled">): Promise<void> {
  const { name, displayName, description, enabled } = contents;
  const rows = await tx.run(update, { name, displayName, description, enabled, tenantId: tx.tenantId });
  await append(tx, changeEvents(tenantChanges, rows, "updated"));
}

/** The limits of a quota to change; null removes a limit. */
export type QuotaChange = Partial<
  Pick<
    TenantQuotaRow,
    "maxVmCount" | "maxCpuMillicores" | "maxMemoryMb" | "maxStorageGb" | "maxMonthlySpend" | "currency"
  >
>;

/** Returns false when nothing changed. */
export async function putQuota(tx: WriteTx, change: QuotaChange): Promise<boolean> {
  if (Object.keys(change).length === 0) return false;
  const row = { tenantId: tx.tenantId, ...change };
  return (await upsert(tx, tenantQuotas, [row], { onConflict: ["tenantId"], update: "all", emits: quotaChanges })) > 0;
}

/** Returns the tenant as this transaction has changed it. */
export async function writtenTenant(tx: WriteTx): Promise<TenantWithQuota> {
  const [[tenant], [quota = null]] = await Promise.all([
    tenantEntity.byId(tx, [tx.tenantId]),
    quotaOfTenant(tx, [tx.tenantId]),
  ]);
  if (!tenant) throw new Error("The tenant that was written is not there.");
  return { ...tenant, quota };
}
