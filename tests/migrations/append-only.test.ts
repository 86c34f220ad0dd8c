import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { migratedDatabase } from "./migrated-database.ts";

const logs = [
  { domain: "auth", table: "auth_audit_log", tenant: platformTenantId },
  { domain: "vms", table: "vm_state_transitions", tenant: randomUUID() },
] as const;

describe.each(logs)("a row of $table", ({ domain, table, tenant }) => {
  const changes = [`update ${table} set created_at = now()`, `delete from ${table}`, `truncate ${table}`];

  const withOneRow = async () => {
    const { sql, drop } = await migratedDatabase(domain);
    onTestFinished(drop);
    if (domain === "auth") {
      await sql`insert into auth_audit_log (tenant_id, action, success) values (${tenant}, 'login', true)`;
    } else {
      const vm = randomUUID();
      await sql`
        insert into vms (id, name, hypervisor_type, owner_id, tenant_id, resource_config)
        values (${vm}, 'vm', 'kvm', ${vm}, ${tenant}, '{}')`;
      await sql`
        insert into vm_state_transitions (vm_id, tenant_id, to_state, initiated_by)
        values (${vm}, ${tenant}, 'creating', ${vm})`;
    }
    return sql;
  };

  it.each(changes)("cannot be changed or deleted, not even by the owner: %s", async (change) => {
    const sql = await withOneRow();
    await expect(sql.unsafe(change)).rejects.toMatchObject({ code: "23001" });
  });

  it.each(changes)("cannot be changed or deleted by the service: %s", async (change) => {
    const sql = await withOneRow();
    const asService = sql.begin(async (tx) => {
      await tx`select set_config('app.tenant_id', ${tenant}, true)`;
      await tx.unsafe(`set local role novacron_${domain}`);
      return tx.unsafe(change);
    });
    await expect(asService).rejects.toMatchObject({ code: "42501" });
  });
});

it("a VM with a history cannot be deleted", async () => {
  const { sql, drop } = await migratedDatabase("vms");
  onTestFinished(drop);
  const id = randomUUID();
  await sql`
    insert into vms (id, name, hypervisor_type, owner_id, tenant_id, resource_config)
    values (${id}, 'vm', 'kvm', ${id}, ${id}, '{}')`;
  await sql`
    insert into vm_state_transitions (vm_id, tenant_id, to_state, initiated_by) values (${id}, ${id}, 'creating', ${id})`;
  await expect(sql`delete from vms`).rejects.toMatchObject({ constraint_name: "vm_state_transitions_vm_fk" });
});
