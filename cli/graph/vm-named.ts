import { isUuid } from "#lib/uuid.ts";
import { failure, type Gateway, query } from "./gateway.ts";

interface Found {
  vms: { nodes: { id: string }[] } | null;
}

const byName = `query ($name: String!) { vms(first: 2, filter: { name: [$name] }) { nodes { id } } }`;
const alike = `query ($name: String!) { vms(first: 5, filter: { text: $name }, orderBy: { field: NAME, direction: ASC }) { nodes { name } } }`;

/**
 * Returns the id of the VM of this name or id. Names are unique among the VMs of a tenant that are not deleted.
 * @throws Error NOT_FOUND, with names that contain the given one
 */
export async function vmNamed(gateway: Gateway, nameOrId: string): Promise<string> {
  if (isUuid(nameOrId)) return nameOrId;
  const [vm] = (await query<Found>(gateway, byName, { name: nameOrId })).vms?.nodes ?? [];
  if (vm) return vm.id;
  const similar = (await query<{ vms: { nodes: { name: string }[] } | null }>(gateway, alike, { name: nameOrId })).vms;
  const names = similar?.nodes.map(({ name }) => name).join(", ");
  throw failure("NOT_FOUND", `There is no VM ${nameOrId}.${names ? ` There are ${names}.` : ""}`);
}
