import type { Insert, RowValues } from "./values.ts";

/** The kinds of objects of this database. */
export const federationKinds = [
  "cloudProvider",
  "providerVm",
  "migration",
  "migrationStep",
  "compliancePolicy",
  "complianceViolation",
  "costOptimization",
  "instancePrice",
] as const;

/** Inserts the rows of the federation database. */
export async function insertFederationRows(
  insert: Insert,
  { tenant, tenantId, at, name, id, oneOf }: RowValues,
): Promise<void> {
  await insert("cloud_providers", {
    id: id("cloudProvider"),
    tenant_id: tenantId,
    name,
    provider_type: "'aws'",
    priority: "i % 5",
    created_at: at,
  });
  await insert("multicloud_vms", {
    id: id("providerVm"),
    tenant_id: tenantId,
    local_vm_id: id("vm"),
    provider_id: id("cloudProvider"),
    provider_vm_id: name,
    state: "'running'",
    created_at: at,
  });
  await insert("migrations", {
    id: id("migration"),
    tenant_id: tenantId,
    vm_id: id("vm"),
    source_provider: id("cloudProvider"),
    source_node_id: id("clusterNode"),
    destination_node_id: id("clusterNode"),
    migration_type: "'live'",
    migration_plan: "'{}'",
    status: oneOf("migration_status_enum", "planned", "in_progress", "completed"),
    progress_percentage: "i % 10",
    initiated_by: id("user"),
    created_at: at,
  });
  await insert("migration_steps", {
    id: id("migrationStep"),
    migration_id: id("migration"),
    tenant_id: tenantId,
    step_number: "1",
    step_name: "'validate'",
  });
  await insert("compliance_policies", {
    id: id("compliancePolicy"),
    tenant_id: tenantId,
    name,
    framework: "'ISO 27001'",
    rules: "'{}'",
    created_at: at,
  });
  await insert("compliance_violations", {
    id: id("complianceViolation"),
    tenant_id: tenantId,
    policy_id: id("compliancePolicy"),
    vm_id: id("vm"),
    provider_id: id("cloudProvider"),
    violation_type: "'residency'",
    severity: oneOf("violation_severity_enum", "low", "high", "critical"),
    description: name,
    detected_at: at,
  });
  await insert("cost_optimizations", {
    id: id("costOptimization"),
    tenant_id: tenantId,
    vm_id: id("vm"),
    current_provider: id("cloudProvider"),
    optimization_type: "'rightsize'",
    recommendation: "'{}'",
    created_at: at,
  });
  await insert("instance_prices", {
    id: id("instancePrice"),
    provider_type: "'aws'",
    region: `'region ${tenant}'`,
    instance_type: name,
    vcpu: "i % 4",
    memory_gib: "i % 16",
    os: "'linux'",
    as_of: "date '2026-03-01'",
    created_at: at,
  });
}
