import { demoTenantId } from "#lib/trust/demo-tenant.ts";
import { asOwner } from "#tests/harness/server.ts";
import { type Lifecycle, small } from "./fixture.ts";

/** Makes a VM that is stopped, and deletes it. */
export async function deletedVm(fixture: Lifecycle, input: Record<string, unknown> = {}): Promise<string> {
  const id = await fixture.created({ resources: small, start: false, ...input });
  const { operation } = await fixture.mutate("deleteVm", { vmId: id });
  await fixture.ended(operation?.id);
  return id;
}

/** Returns what there is of a VM: its state, its claims, and the machines of it. */
export const remains = async (fixture: Lifecycle, vmId: string) => ({
  state: (await fixture.vm(vmId)).state,
  claims: await fixture.claims(vmId),
  machines: (await fixture.hypervisor.client.list(AbortSignal.timeout(5_000)))
    .filter((machine) => machine.vmId === vmId)
    .map(({ nodeId, state }) => ({ nodeId, state })),
});

/** Lets the tenant have so many VMs beside those that it has; any number for null. */
export async function limitVms({ product: { urls } }: Lifecycle, more: number | null): Promise<void> {
  const [usage] = await asOwner(
    urls.url("vms"),
    (sql) => sql`select vm_count from vm_usage where tenant_id = ${demoTenantId}`,
  );
  const most = more === null ? null : Number(usage?.["vm_count"] ?? 0) + more;
  await asOwner(urls.url("auth"), async (sql) => {
    await sql`insert into tenants (id, name) values (${demoTenantId}, 'demo') on conflict do nothing`;
    await sql`
      insert into tenant_quotas (tenant_id, max_vm_count) values (${demoTenantId}, ${most})
      on conflict (tenant_id) do update set max_vm_count = ${most}`;
  });
}

/** Gives nodes a status. */
export const setStatus = ({ product: { urls } }: Lifecycle, nodeIds: readonly string[], status: string) =>
  asOwner(
    urls.url("scheduler"),
    (sql) => sql`update nodes set status = ${status}, updated_at = now() where id = any(${[...nodeIds]}::uuid[])`,
  );

/** Lets VMs have been deleted so many days ago. */
export const deletedBefore = ({ product: { urls } }: Lifecycle, vmIds: readonly string[], days: number) =>
  asOwner(
    urls.url("vms"),
    (sql) => sql`
      update vms set deleted_at = now() - make_interval(days => ${days}) where id = any(${[...vmIds]}::uuid[])`,
  );
