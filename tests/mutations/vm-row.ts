import { newId } from "#lib/uuid.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

export interface InsertedVm {
  tenantId: string;
  /** A user who does not exist, unless it is given. */
  ownerId?: string;
  state?: string;
  /** Whether it is on a node. */
  isPlaced?: boolean;
  isProtected?: boolean;
}

/** Inserts a VM that has no machine, and returns its id. */
export async function insertVm(
  urls: Pick<TestDatabases, "url">,
  { tenantId, ownerId = newId(), state = "running", isPlaced = true, isProtected = false }: InsertedVm,
): Promise<string> {
  const id = newId();
  await asOwner(
    urls.url("vms"),
    (sql) => sql`
      insert into vms (id, name, state, node_id, hypervisor_type, owner_id, tenant_id, is_protected, deleted_at, resource_config)
      values (${id}, ${id}, ${state}, ${isPlaced ? newId() : null}, 'kvm', ${ownerId}, ${tenantId}, ${isProtected}, ${state === "deleted" ? new Date() : null}, '{"cpuMillicores": 500, "memoryMb": 512}')`,
  );
  return id;
}
