import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { migratedDatabase } from "./migrated-database.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

const tenant = randomUUID();
const broken = (constraint: string) => ({ constraint_name: constraint });

let database: ScratchDatabase;
const insert = async (table: string, row: Record<string, unknown>): Promise<string> => {
  const [inserted] = await database.sql<{ id: string }[]>`
    insert into ${database.sql(table)} ${database.sql({ id: randomUUID(), ...row })} returning id`;
  return inserted?.id ?? "";
};

describe("in the auth database", () => {
  beforeAll(async () => {
    database = await migratedDatabase("auth");
  });
  afterAll(() => database.drop());

  it("the platform tenant has its fixed id", async () => {
    expect(await database.sql`select id, name from tenants`).toEqual([{ id: platformTenantId, name: "platform" }]);
  });

  it("each built-in role includes the rights of the one below it, and wildcards occur only at the end", async () => {
    const roles = await database.sql<{ name: string; permissions: string[] }[]>`
      select name, permissions from roles where tenant_id is null order by name`;
    expect(roles.map(({ name }) => name)).toEqual(["admin", "operator", "user", "viewer"]);
    for (const [index, { permissions }] of roles.entries()) {
      for (const permission of permissions) expect(permission).toMatch(/^(\*|[a-z_]+:(\*|[a-z_]+))$/);
      const grants = (permission: string) =>
        permissions.some((own) => own === permission || (own.endsWith("*") && permission.startsWith(own.slice(0, -1))));
      expect(roles[index + 1]?.permissions.filter((permission) => !grants(permission)) ?? []).toEqual([]);
    }
  });

  it("a role's name is unique in its tenant and among the built-in ones", async () => {
    await insert("tenants", { id: tenant, name: "constraints" });
    await insert("roles", { tenant_id: tenant, name: "admin" });
    await expect(insert("roles", { tenant_id: tenant, name: "admin" })).rejects.toMatchObject(
      broken("roles_tenant_id_name_unique"),
    );
    await expect(insert("roles", { name: "viewer" })).rejects.toMatchObject(broken("roles_tenant_id_name_unique"));
  });

  it("a session cannot give its user another tenant", async () => {
    const owner = await insert("users", {
      username: "a",
      email: "a@example.org",
      password_hash: "x",
      tenant_id: platformTenantId,
    });
    const session = { user_id: owner, tenant_id: randomUUID(), token_hash: "t", expires_at: new Date() };
    await expect(insert("user_sessions", session)).rejects.toMatchObject(broken("user_sessions_user_fk"));
  });
});

describe("in the vms database", () => {
  beforeAll(async () => {
    database = await migratedDatabase("vms");
  });
  afterAll(() => database.drop());

  it("a name belongs to one live VM of a tenant, and is free again once that VM is deleted", async () => {
    const vm = { name: "web", hypervisor_type: "kvm", owner_id: tenant, tenant_id: tenant, resource_config: {} };
    const first = await insert("vms", { ...vm, state: "stopped" });
    await expect(insert("vms", vm)).rejects.toMatchObject(broken("vms_live_name_unique"));
    await insert("vms", { ...vm, tenant_id: randomUUID() });
    await database.sql`update vms set state = 'deleted', deleted_at = now() where id = ${first}`;
    await insert("vms", vm);
  });
});

describe("in the federation database", () => {
  let provider: string;
  beforeAll(async () => {
    database = await migratedDatabase("federation");
    provider = await insert("cloud_providers", { tenant_id: tenant, name: "aws", provider_type: "aws" });
  });
  afterAll(() => database.drop());

  const migration = (vm: string, more: Record<string, unknown> = {}) =>
    insert("migrations", {
      tenant_id: tenant,
      vm_id: vm,
      migration_type: "cold",
      migration_plan: {},
      initiated_by: tenant,
      ...more,
    });

  it("a VM has at most one unfinished migration", async () => {
    const vm = randomUUID();
    const first = await migration(vm);
    await migration(vm, { status: "failed" });
    await expect(migration(vm, { status: "in_progress" })).rejects.toMatchObject(broken("migrations_active_vm_unique"));
    await database.sql`update migrations set status = 'completed' where id = ${first}`;
    await migration(vm, { status: "in_progress" });
  });

  it("a migration is in one of the nine phases and between 0 and 100 percent", async () => {
    await migration(randomUUID(), { current_phase: "cutover", progress_percentage: 100 });
    await expect(migration(randomUUID(), { current_phase: "prayer" })).rejects.toMatchObject(
      broken("migrations_current_phase_check"),
    );
    await expect(migration(randomUUID(), { progress_percentage: 101 })).rejects.toMatchObject(
      broken("migrations_progress_check"),
    );
  });

  it("a migration cannot refer to another tenant's provider", async () => {
    const foreign = { tenant_id: randomUUID(), source_provider: provider };
    await expect(migration(randomUUID(), foreign)).rejects.toMatchObject(broken("migrations_source_provider_fk"));
  });

  it("a step's number is unique in its migration", async () => {
    const step = {
      tenant_id: tenant,
      migration_id: await migration(randomUUID()),
      step_number: 0,
      step_name: "validate",
    };
    await insert("migration_steps", step);
    await expect(insert("migration_steps", step)).rejects.toMatchObject(broken("idx_migration_steps_migration_id"));
  });

  it("a policy, a VM and a type have one open violation, and a provider's VM is recorded once", async () => {
    const policy_id = await insert("compliance_policies", {
      tenant_id: tenant,
      name: "GDPR",
      framework: "GDPR",
      rules: {},
    });
    const violation = {
      tenant_id: tenant,
      policy_id,
      vm_id: randomUUID(),
      violation_type: "region",
      severity: "high",
      description: "outside the Union",
    };
    const first = await insert("compliance_violations", violation);
    await expect(insert("compliance_violations", violation)).rejects.toMatchObject(
      broken("compliance_violations_open_unique"),
    );
    await database.sql`update compliance_violations set resolved_at = now() where id = ${first}`;
    await insert("compliance_violations", violation);

    const twin = {
      tenant_id: tenant,
      provider_id: provider,
      provider_vm_id: "i-1",
      local_vm_id: randomUUID(),
      state: "running",
    };
    await insert("multicloud_vms", twin);
    await expect(insert("multicloud_vms", twin)).rejects.toMatchObject(broken("multicloud_vms_provider_vm_unique"));
  });

  it("an hourly price keeps its nine decimals, and no price is 0", async () => {
    const price = {
      provider_type: "gcp",
      region: "europe-west1",
      instance_type: "e2-micro",
      vcpu: "0.25",
      memory_gib: "1",
      os: "linux",
      as_of: "2026-07-30",
    };
    await insert("instance_prices", { ...price, hourly_on_demand: "0.009215125" });
    const [row] = await database.sql`select hourly_on_demand, currency from instance_prices`;
    expect(row).toEqual({ hourly_on_demand: "0.009215125", currency: "USD" });
    await expect(insert("instance_prices", { ...price, os: "windows", hourly_spot: "0" })).rejects.toMatchObject(
      broken("instance_prices_prices_check"),
    );
  });
});

describe("in the scheduler database", () => {
  let node: string;
  beforeAll(async () => {
    database = await migratedDatabase("scheduler");
    node = await insert("nodes", {
      name: "n1",
      hostname: "n1",
      ip_address: "10.0.0.1",
      node_type: "gpu",
      capacity: {},
      allocatable: {},
      allocated: {},
    });
  });
  afterAll(() => database.drop());

  const claim = (more: Record<string, unknown> = {}) =>
    insert("resource_allocations", {
      tenant_id: tenant,
      vm_id: randomUUID(),
      node_id: node,
      allocation_type: "guaranteed",
      cpu_millicores: 1,
      memory_mb: 1,
      storage_gb: 0,
      ...more,
    });

  it("a new cluster's status is unknown", async () => {
    await insert("clusters", { name: "c", cluster_type: "kvm" });
    expect(await database.sql`select status from clusters`).toEqual([{ status: "unknown" }]);
  });

  it.each([
    [0, 0],
    [1, 1],
    [1000, 1],
    [2001, 3],
  ])("a claim of %i thousandths of a core counts as %i whole cores", async (millicores, cores) => {
    const id = await claim({ cpu_millicores: millicores });
    expect(await database.sql`select cpu_cores from resource_allocations where id = ${id}`).toEqual([
      { cpu_cores: cores },
    ]);
  });

  it("a VM has one claim on a node, in addition to one that is being released", async () => {
    const vm_id = randomUUID();
    const first = await claim({ vm_id });
    const reserved = { vm_id, status: "reserved", expires_at: new Date() };
    await expect(claim(reserved)).rejects.toMatchObject(broken("resource_allocations_claim_unique"));
    await database.sql`update resource_allocations set status = 'releasing' where id = ${first}`;
    await claim(reserved);
  });

  it("a reservation has an expiry, and a deallocated claim has a deallocation time", async () => {
    await expect(claim({ status: "reserved" })).rejects.toMatchObject(broken("resource_allocations_expires_at_check"));
    await expect(claim({ status: "deallocated" })).rejects.toMatchObject(
      broken("resource_allocations_deallocated_at_check"),
    );
  });

  it("a claim on parts of GPUs is at most as large as its number of GPUs", async () => {
    await claim({ gpu_count: 1, gpu_milli: 1000 });
    await expect(claim({ gpu_count: 1, gpu_milli: 1001 })).rejects.toMatchObject(
      broken("resource_allocations_gpu_milli_check"),
    );
  });
});
