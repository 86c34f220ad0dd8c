import { sql } from "drizzle-orm";
import { changeColumns, type ChangedRow, changeEvents } from "../changes.ts";
import type { WriteTx } from "../client.ts";
import { append } from "../event-log/append.ts";
import { countedWrite } from "../row-writes.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { vmChanges } from "./changes.ts";
import { type VmRow, vms } from "./schema/vms.ts";

const { placeholder } = sql;

const changed = sql`(${placeholder("name")}::text, ${placeholder("displayName")}::text, ${placeholder("description")}::text,
  ${placeholder("tags")}::text::jsonb, ${placeholder("isProtected")}::boolean, ${placeholder("resourceConfig")}::text::jsonb,
  ${placeholder("storageConfig")}::text::jsonb, ${placeholder("securityConfig")}::text::jsonb, ${placeholder("backupConfig")}::text::jsonb)`;
const columns = sql`(name, display_name, description, tags, is_protected, resource_config, storage_config, security_config, backup_config)`;

const update = statement<VmRow & ChangedRow>(
  () => sql`
    update ${vms} set ${columns} = ${changed}, ${countedWrite(vms)}
    where ${vms.id} = ${placeholder("id")}::uuid and ${ofTenant(vms.tenantId)} and ${columns} is distinct from ${changed}
    returning ${changeColumns(vmChanges)}, ${selectList({ table: vms })}`,
);

/** What a change of rows alone may change of a VM. */
export type VmContents = Pick<VmRow, "name" | "displayName" | "description" | "tags" | "isProtected"> &
  Pick<VmRow, "resourceConfig" | "storageConfig" | "securityConfig" | "backupConfig">;

/**
 * Changes a VM that the transaction has locked. A VM that does not differ is not written.
 * @returns the VM as it is then
 * @throws a unique violation of `vms_live_name_unique` when another VM of the tenant has the name
 */
export async function updateVm(tx: WriteTx, vm: VmRow, changes: Partial<VmContents>): Promise<VmRow> {
  const after = { ...vm, ...changes };
  const rows = await tx.run(update, {
    id: vm.id,
    tenantId: tx.tenantId,
    name: after.name,
    displayName: after.displayName,
    description: after.description,
    tags: json(after.tags),
    isProtected: after.isProtected,
    resourceConfig: json(after.resourceConfig),
    storageConfig: json(after.storageConfig),
    securityConfig: json(after.securityConfig),
    backupConfig: json(after.backupConfig),
  });
  await append(tx, changeEvents(vmChanges, rows, "updated"));
  return rows[0] ?? vm;
}

const json = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
