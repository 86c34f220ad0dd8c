import type postgres from "postgres";
import { type Domain, domains } from "#db/columns.ts";
import { asOwner, type TestDatabases } from "#tests/harness/server.ts";

// Rows for every list of the graph, inserted by plain SQL as the databases' owner. The tests state what the product shows of them.

export const kinds = [
  "tenant",
  "user",
  "role",
  "apiKey",
  "userSession",
  "authAuditEntry",
  "vm",
  "vmTemplate",
  "vmSnapshot",
  "vmNetwork",
  "vmStateTransition",
  "alertRule",
  "alert",
  "metricImport",
  "cloudProvider",
  "providerVm",
  "migration",
  "migrationStep",
  "compliancePolicy",
  "complianceViolation",
  "costOptimization",
  "instancePrice",
  "cluster",
  "clusterNode",
  "schedulingPolicy",
  "resourceAllocation",
  "placementDecision",
  "scalingRecommendation",
] as const;
export type Kind = (typeof kinds)[number];

export interface Fleet {
  tenantId: string;
  /** Returns the id of the number-th row of a kind, from 1. */
  id(kind: Kind, number?: number): string;
}

const hex = (value: number, width: number) => value.toString(16).padStart(width, "0");
const prefix = (tenant: number, kind: Kind) => `0197a000-${hex(tenant, 4)}-7000-8${hex(kinds.indexOf(kind), 3)}-`;

export function fleetOf(tenant: number): Fleet {
  const id = (kind: Kind, number = 1) => `${prefix(tenant, kind)}${hex(number, 12)}`;
  return { tenantId: id("tenant"), id };
}

/**
 * Fills the databases with `count` rows of every kind that belong to the tenant of this number, and as many nodes, clusters and prices, which belong
 * to no tenant. Row n of one kind refers to row n of the others. Seven rows each share a time, and the times are a microsecond apart.
 */
export async function insertFleet(urls: TestDatabases, tenant: number, count: number): Promise<Fleet> {
  const fleet = fleetOf(tenant);
  const tenantId = `'${fleet.tenantId}'`;
  const at = "timestamptz '2026-03-01 10:00:00.123456+00' + (i / 7) * interval '1 microsecond'";
  const id = (kind: Kind, number = "i") => `('${prefix(tenant, kind)}' || lpad(to_hex(${number}), 12, '0'))::uuid`;
  const one = (kind: Kind) => id(kind, "1");
  const oneOf = (type: string, ...values: string[]) =>
    `(array['${values.join("','")}'])[1 + i % ${values.length}]::${type}`;
  const name = `'t${tenant} n' || (i * 7919) % 10007`;
  const insert = (sql: postgres.Sql, table: string, columns: Record<string, string>, rows = count) =>
    sql.unsafe(
      `insert into ${table} (${Object.keys(columns).join(", ")}) select ${Object.values(columns).join(", ")} from generate_series(1, ${rows}) i`,
    );
  const within = (domain: Domain, use: (sql: postgres.Sql) => Promise<void>) => asOwner(urls.url(domain), use);

  await Promise.all([
    ...domains.map((domain) =>
      within(domain, async (sql) => {
        const operation = id("tenant");
        await insert(sql, "operations", {
          id: operation,
          tenant_id: tenantId,
          kind: "'rows'",
          definition_version: "1",
          input: "'{}'",
          state: "'done'",
          claimable_at: "null",
        });
        await insert(sql, "operation_steps", {
          operation_id: operation,
          tenant_id: tenantId,
          position: "0",
          name: "'one'",
          state: "'done'",
          attempts: "1",
          undo_attempts: "0",
        });
      }),
    ),
    within("auth", async (sql) => {
      await insert(sql, "tenants", { id: tenantId, name: `'tenant ${tenant}'`, created_at: at }, 1);
      await insert(sql, "tenant_quotas", { tenant_id: tenantId, max_vm_count: "1000" }, 1);
      await insert(sql, "users", {
        id: id("user"),
        username: name,
        email: `${name} || '@example.org'`,
        password_hash: "'secret'",
        tenant_id: tenantId,
        role: oneOf("user_role_enum", "admin", "user", "viewer"),
        created_at: at,
        updated_at: at,
      });
      await insert(sql, "roles", { id: id("role"), tenant_id: tenantId, name, created_at: at });
      await insert(sql, "user_roles", { user_id: id("user"), role_id: id("role"), tenant_id: tenantId });
      await insert(sql, "api_keys", {
        id: id("apiKey"),
        name,
        key_hash: name,
        user_id: id("user"),
        tenant_id: tenantId,
        created_at: at,
      });
      await insert(sql, "user_sessions", {
        id: id("userSession"),
        user_id: id("user"),
        tenant_id: tenantId,
        token_hash: name,
        user_agent: name,
        expires_at: "now() + interval '1 day'",
        created_at: at,
      });
      const code = { user_id: id("user"), tenant_id: tenantId, code_hash: name };
      await insert(sql, "recovery_codes", code);
      await insert(sql, "sign_in_addresses", { user_id: id("user"), tenant_id: tenantId, address_hash: name });
      await insert(sql, "connection_tickets", {
        ticket_hash: name,
        tenant_id: tenantId,
        credential_kind: "'session'",
        credential_id: id("userSession"),
        expires_at: "now() + interval '1 minute'",
      });
      await insert(sql, "password_resets", { ...code, expires_at: "now() + interval '1 hour'" });
      await insert(sql, "auth_audit_log", {
        id: id("authAuditEntry"),
        tenant_id: tenantId,
        user_id: id("user"),
        actor_name: name,
        action: "'login'",
        success: "true",
        created_at: at,
      });
    }),
    within("vms", async (sql) => {
      await insert(sql, "vm_templates", {
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
      await insert(sql, "vms", {
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
      await insert(sql, "vm_snapshots", {
        id: id("vmSnapshot"),
        vm_id: id("vm"),
        tenant_id: tenantId,
        name,
        snapshot_type: "'manual'",
        storage_path: "'/snapshots/1'",
        created_at: at,
      });
      await insert(sql, "vm_networks", {
        id: id("vmNetwork"),
        vm_id: id("vm"),
        tenant_id: tenantId,
        network_name: name,
        interface_name: "'eth0'",
        network_type: "'bridge'",
        created_at: at,
      });
      await insert(sql, "vm_state_transitions", {
        id: id("vmStateTransition"),
        vm_id: id("vm"),
        tenant_id: tenantId,
        to_state: "'running'",
        initiated_by: id("user"),
        created_at: at,
      });
    }),
    within("monitoring", async (sql) => {
      await insert(sql, "alert_rules", {
        id: id("alertRule"),
        name,
        tenant_id: tenantId,
        metric_name: "'cpu_usage_percent'",
        comparison_operator: "'>'",
        threshold_value: "90",
        evaluation_window: "interval '5 minutes'",
        severity: oneOf("alert_severity_enum", "info", "warning", "critical"),
        created_at: at,
      });
      await insert(sql, "alert_instances", {
        id: id("alert"),
        tenant_id: tenantId,
        rule_id: id("alertRule"),
        vm_id: id("vm"),
        node_id: id("clusterNode"),
        state: "'firing'",
        severity: oneOf("alert_severity_enum", "info", "warning", "critical"),
        message: name,
        started_at: at,
      });
      await insert(sql, "dataset_imports", {
        id: id("metricImport"),
        tenant_id: tenantId,
        dataset: name,
        source_fingerprint: name,
        started_at: at,
      });
      await insert(sql, "vm_metrics_latest", {
        tenant_id: tenantId,
        vm_id: id("vm"),
        node_id: id("clusterNode"),
        time: "now()",
        cpu_usage_percent: "i % 100",
      });
    }),
    within("federation", async (sql) => {
      await insert(sql, "cloud_providers", {
        id: id("cloudProvider"),
        tenant_id: tenantId,
        name,
        provider_type: "'aws'",
        priority: "i % 5",
        created_at: at,
      });
      await insert(sql, "multicloud_vms", {
        id: id("providerVm"),
        tenant_id: tenantId,
        local_vm_id: id("vm"),
        provider_id: id("cloudProvider"),
        provider_vm_id: name,
        state: "'running'",
        created_at: at,
      });
      await insert(sql, "migrations", {
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
      await insert(sql, "migration_steps", {
        id: id("migrationStep"),
        migration_id: id("migration"),
        tenant_id: tenantId,
        step_number: "1",
        step_name: "'validate'",
      });
      await insert(sql, "compliance_policies", {
        id: id("compliancePolicy"),
        tenant_id: tenantId,
        name,
        framework: "'ISO 27001'",
        rules: "'{}'",
        created_at: at,
      });
      await insert(sql, "compliance_violations", {
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
      await insert(sql, "cost_optimizations", {
        id: id("costOptimization"),
        tenant_id: tenantId,
        vm_id: id("vm"),
        current_provider: id("cloudProvider"),
        optimization_type: "'rightsize'",
        recommendation: "'{}'",
        created_at: at,
      });
      await insert(sql, "instance_prices", {
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
    }),
    within("scheduler", async (sql) => {
      const resources = `'{"cpuMillicores": 64000, "memoryMb": 262144, "storageGb": 1000, "networkMbps": 10000, "gpuCount": 0, "gpuMilli": 0}'`;
      await insert(sql, "clusters", {
        id: id("cluster"),
        name,
        cluster_type: "'compute'",
        status: oneOf("cluster_status_enum", "active", "error"),
        created_at: at,
      });
      await insert(sql, "nodes", {
        id: id("clusterNode"),
        name,
        hostname: name,
        ip_address: "'10.0.0.1'",
        node_type: "'compute'",
        cluster_id: one("cluster"),
        capacity: resources,
        allocatable: resources,
        allocated: resources,
        status: oneOf("node_status_enum", "ready", "not_ready", "maintenance"),
        created_at: at,
        updated_at: at,
      });
      await insert(sql, "scheduling_policies", {
        id: id("schedulingPolicy"),
        name,
        tenant_id: tenantId,
        policy_type: "'placement'",
        priority: "i % 5",
        rules: "'{}'",
        created_at: at,
      });
      await insert(sql, "resource_allocations", {
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
      await insert(sql, "scheduling_decisions", {
        id: id("placementDecision"),
        tenant_id: tenantId,
        vm_id: id("vm"),
        requested_resources: `'{"cpuMillicores": 1000}'`,
        candidate_nodes: "'[]'",
        selected_node_id: id("clusterNode"),
        decision_algorithm: "'best-fit'",
        decision_time: at,
      });
      await insert(sql, "scaling_recommendations", {
        id: id("scalingRecommendation"),
        tenant_id: tenantId,
        vm_id: id("vm"),
        current_resources: `'{"cpuMillicores": 1000}'`,
        recommended_resources: `'{"cpuMillicores": 2000}'`,
        prediction_horizon: "interval '1 day'",
        recommendation_reason: name,
        created_at: at,
      });
    }),
  ]);
  return fleet;
}
