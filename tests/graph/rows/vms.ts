import type { Insert, RowValues } from "./values.ts";

/** The kinds of objects of this database. */
export const vmsKinds = ["vm", "vmTemplate", "vmSnapshot", "vmNetwork", "vmStateTransition"] as const;

/** Inserts the rows of the vms database. */
export async function insertVmsRows(insert: Insert, { tenantId, at, name, id, oneOf }: RowValues): Promise<void> {
  await insert("vm_templates", {
    id: id("vmTemplate"),
    name,
    version: "'1'",
    owner_id: id("user"),
    tenant_id: tenantId,
    base_image: "'debian'",
    resource_config: `'{"cpuMillicores": 1000, "memoryMb": 1024}'`,
    tags: `'{"env": "test"}'`,
    created_at: at,
  });
  await insert("vms", {
    id: id("vm"),
    name,
    state: oneOf("vm_state_enum", "running", "stopped", "paused"),
    hypervisor_type: "'kvm'",
    node_id: id("clusterNode"),
    owner_id: id("user"),
    tenant_id: tenantId,
    template_id: id("vmTemplate"),
    resource_config: `'{"cpuMillicores": 1000, "memoryMb": 1024}'`,
    tags: `'{"env": "test"}'`,
    created_at: at,
    updated_at: at,
  });
  await insert("vm_snapshots", {
    id: id("vmSnapshot"),
    vm_id: id("vm"),
    tenant_id: tenantId,
    name,
    snapshot_type: "'manual'",
    storage_path: "'/snapshots/1'",
    created_at: at,
  });
  await insert("vm_networks", {
    id: id("vmNetwork"),
    vm_id: id("vm"),
    tenant_id: tenantId,
    network_name: name,
    interface_name: "'eth0'",
    network_type: "'bridge'",
    created_at: at,
  });
  await insert("vm_slots", {
    vm_id: id("vm"),
    tenant_id: tenantId,
    operation_id: "gen_random_uuid()",
    operation_kind: "'test'",
    token: "1",
    released_at: at,
  });
  await insert("request_keys", {
    tenant_id: tenantId,
    actor: "'user:test'",
    key: name,
    mutation: "'updateVm'",
    input_hash: "''",
    object_id: id("vm"),
    created_at: at,
  });
  await insert("vm_state_transitions", {
    id: id("vmStateTransition"),
    vm_id: id("vm"),
    tenant_id: tenantId,
    to_state: "'running'",
    initiated_by: id("user"),
    created_at: at,
  });
  await insert("projected_operations", {
    id: id("operation"),
    tenant_id: tenantId,
    kind: "'rows'",
    subject_type: "'Vm'",
    subject_id: id("vm"),
    state: oneOf("text", "done", "compensated", "parked"),
    created_at: at,
    version: "1",
  });
}
