import { newId } from "#lib/uuid.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

/** Inserts an empty node that takes VMs, and returns its id. */
export async function insertNode(urls: Pick<TestDatabases, "url">): Promise<string> {
  const id = newId();
  const amounts = {
    cpuMillicores: 64_000,
    memoryMb: 65_536,
    storageGb: 1_000,
    networkMbps: 1_000,
    gpuCount: 0,
    gpuMilli: 0,
  };
  const nothing = { cpuMillicores: 0, memoryMb: 0, storageGb: 0, networkMbps: 0, gpuCount: 0, gpuMilli: 0 };
  await asOwner(
    urls.url("scheduler"),
    (sql) => sql`
      insert into nodes (id, name, hostname, ip_address, node_type, capacity, allocatable, allocated, status, inventoried_at)
      values (${id}, ${id}, ${id}, '10.0.0.1', 'compute', ${sql.json(amounts)}, ${sql.json(amounts)}, ${sql.json(nothing)}, 'ready', now())`,
  );
  return id;
}
