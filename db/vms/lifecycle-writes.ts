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
import { vmSlots } from "./schema/vm-slots.ts";
import { type VmUsageRow, vmUsage } from "./schema/vm-usage.ts";

const { placeholder } = sql;
const theVm = sql`${vms.id} = ${placeholder("vmId")}::uuid and ${ofTenant(vms.tenantId)}`;

const lock = statement<VmRow>(() => sql`select ${selectList({ table: vms })} from ${vms} where ${theVm} for update`);
const holderOf = statement<{ operationId: string; operationKind: string }>(
  () => sql`
    select operation_id as "operationId", operation_kind as "operationKind" from ${vmSlots}
    where ${vmSlots.vmId} = ${placeholder("vmId")}::uuid and ${ofTenant(vmSlots.tenantId)} and ${vmSlots.releasedAt} is null`,
);

/** A VM, and the operation that works on it. */
export interface LockedVm {
  vm: VmRow;
  holder: { operationId: string; operationKind: string } | undefined;
}

/** Returns a VM of the tenant, deleted or not, locked until the transaction ends. */
export async function lockVm(tx: WriteTx, vmId: string): Promise<LockedVm | undefined> {
  const values = { vmId, tenantId: tx.tenantId };
  const [vm] = await tx.run(lock, values);
  if (!vm) return undefined;
  const [holder] = await tx.run(holderOf, values);
  return { vm, holder };
}

export type NewVm = Pick<VmRow, "id" | "name" | "hypervisorType" | "ownerId" | "resourceConfig" | "tags"> &
  Pick<VmRow, "displayName" | "description" | "templateId" | "networkConfig" | "storageConfig" | "securityConfig">;

const insert = statement<VmRow & ChangedRow>(
  () => sql`
    insert into ${vms} (id, tenant_id, name, display_name, description, hypervisor_type, owner_id, template_id, resource_config, network_config,
      storage_config, security_config, tags)
    values (${placeholder("id")}::uuid, ${placeholder("tenantId")}::uuid, ${placeholder("name")}::text, ${placeholder("displayName")}::text,
      ${placeholder("description")}::text, ${placeholder("hypervisorType")}::hypervisor_enum, ${placeholder("ownerId")}::uuid,
      ${placeholder("templateId")}::uuid, ${placeholder("resourceConfig")}::text::jsonb, ${placeholder("networkConfig")}::text::jsonb,
      ${placeholder("storageConfig")}::text::jsonb, ${placeholder("securityConfig")}::text::jsonb, ${placeholder("tags")}::text::jsonb)
    on conflict (tenant_id, name) where deleted_at is null do nothing
    returning ${changeColumns(vmChanges)}, ${selectList({ table: vms })}`,
);

const json = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));

/** Inserts a VM that is being created. Returns undefined when another VM of the tenant has the name. */
export async function insertVm(tx: WriteTx, vm: NewVm): Promise<VmRow | undefined> {
  const rows = await tx.run(insert, {
    ...vm,
    tenantId: tx.tenantId,
    resourceConfig: json(vm.resourceConfig),
    networkConfig: json(vm.networkConfig),
    storageConfig: json(vm.storageConfig),
    securityConfig: json(vm.securityConfig),
    tags: json(vm.tags),
  });
  await append(tx, changeEvents(vmChanges, rows));
  return rows[0];
}

const nameHolder = statement<{ id: string }>(
  () => sql`
    select id from ${vms} where ${ofTenant(vms.tenantId)} and ${vms.name} = ${placeholder("name")}::text and ${vms.deletedAt} is null`,
);

/** Returns whether a VM of the tenant that is not deleted has the name. */
export const isNameTaken = async (tx: WriteTx, name: string): Promise<boolean> =>
  (await tx.run(nameHolder, { name, tenantId: tx.tenantId })).length > 0;

const setNode = statement<ChangedRow>(
  () => sql`
    update ${vms} set node_id = ${placeholder("nodeId")}::uuid, ${countedWrite(vms)}
    where ${theVm} and ${vms.nodeId} is distinct from ${placeholder("nodeId")}::uuid returning ${changeColumns(vmChanges)}`,
);

/** Puts a VM on a node, or on none. */
export async function setNodeOfVm(tx: WriteTx, vmId: string, nodeId: string | null): Promise<void> {
  const rows = await tx.run(setNode, { vmId, nodeId, tenantId: tx.tenantId });
  await append(tx, changeEvents(vmChanges, rows, "updated"));
}

const usage = statement<VmUsageRow>(
  () => sql`select ${selectList({ table: vmUsage })} from ${vmUsage} where ${ofTenant(vmUsage.tenantId)}`,
);

export type Usage = Omit<VmUsageRow, "tenantId">;

/** Returns what the VMs of the tenant request together, with what the transaction has changed. */
export async function usageOfTenant(tx: WriteTx): Promise<Usage> {
  const [found] = await tx.run(usage, { tenantId: tx.tenantId });
  return found ?? { vmCount: 0, cpuMillicores: 0, memoryMb: 0, storageGb: 0 };
}
