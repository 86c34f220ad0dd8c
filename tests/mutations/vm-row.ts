import { newId } from "#lib/uuid.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

export interface InsertedVm {
  tenantId: string;
  state?: string;
  /** Whether it is on a node. */
  isPlaced?: boolean;
}

/** Inserts a VM that has no machine, and returns its id. */
export async function insertVm(
  urls: Pick<TestDatabases, "url">,
  { tenantId, state = "running", isPlaced = true }: InsertedVm,
): Promise<string> {
  const id = newId();
  await asOwner(
    urls.url("vms"),
    (sql) => sql`
      insert into vms (id, name, state, node_id, hypervisor_type, owner_id, tenant_id, resource_config, deleted_at)
      values (${id}, ${id}, ${state}, ${isPlaced ? newId() : null}, 'kvm', ${newId()}, ${tenantId}, '{"cpuMillicores": 500, "memoryMb": 512}',
        ${state === "deleted" ? new Date() : null})`,
  );
  return id;
}
