import type { Insert, RowValues } from "./values.ts";

/** The kinds of objects of this database. */
export const schedulerKinds = [
  "cluster",
  "clusterNode",
  "schedulingPolicy",
  "resourceAllocation",
  "placementDecision",
  "scalingRecommendation",
] as const;

/** Inserts the rows of the scheduler database. */
export async function insertSchedulerRows(insert: Insert, { tenantId, at, name, id, oneOf }: RowValues): Promise<void> {
  const resources = `'{"cpuMillicores": 64000, "memoryMb": 262144, "storageGb": 1000, "networkMbps": 10000, "gpuCount": 0, "gpuMilli": 0}'`;
  await insert("clusters", {
    id: id("cluster"),
    name,
    cluster_type: "'compute'",
    status: oneOf("cluster_status_enum", "active", "error"),
    created_at: at,
  });
  await insert("nodes", {
    id: id("clusterNode"),
    name,
    hostname: name,
    ip_address: "'10.0.0.1'",
    node_type: "'compute'",
    cluster_id: id("cluster", "1"),
    capacity: resources,
    allocatable: resources,
    allocated: resources,
    status: oneOf("node_status_enum", "ready", "not_ready", "maintenance"),
    created_at: at,
    updated_at: at,
  });
  await insert("scheduling_policies", {
    id: id("schedulingPolicy"),
    name,
    tenant_id: tenantId,
    policy_type: "'placement'",
    priority: "i % 5",
    rules: "'{}'",
    created_at: at,
  });
  await insert("resource_allocations", {
    id: id("resourceAllocation"),
    tenant_id: tenantId,
    vm_id: id("vm"),
    node_id: id("clusterNode"),
    allocation_type: "'guaranteed'",
    cpu_millicores: "1000 * (i % 4)",
    memory_mb: "1024 * (i % 4)",
    storage_gb: "10",
    allocated_at: at,
  });
  await insert("allocation_fences", {
    operation_id: id("placementDecision"),
    vm_id: id("vm"),
    tenant_id: tenantId,
    token: "1",
  });
  await insert("scheduling_decisions", {
    id: id("placementDecision"),
    tenant_id: tenantId,
    vm_id: id("vm"),
    requested_resources: `'{"cpuMillicores": 1000}'`,
    candidate_nodes: "'[]'",
    selected_node_id: id("clusterNode"),
    decision_algorithm: "'best-fit'",
    decision_time: at,
  });
  await insert("scaling_recommendations", {
    id: id("scalingRecommendation"),
    tenant_id: tenantId,
    vm_id: id("vm"),
    current_resources: `'{"cpuMillicores": 1000}'`,
    recommended_resources: `'{"cpuMillicores": 2000}'`,
    prediction_horizon: "interval '1 day'",
    recommendation_reason: name,
    created_at: at,
  });
}
