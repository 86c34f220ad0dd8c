import { describe, expect, it, onTestFinished } from "vitest";
import { domains, serviceRole, systemRole } from "#db/columns.ts";
import { migratedDatabase } from "./migrated-database.ts";

describe.each(domains)("in the %s database", (domain) => {
  it("every table with a tenant forces row-level security, unless the service has no right to it", async () => {
    const { sql, drop } = await migratedDatabase(domain);
    onTestFinished(drop);
    const rows = await sql<{ name: string; secured: boolean }[]>`
      select relname as name, relrowsecurity and relforcerowsecurity and exists (
        select from pg_policy where polrelid = pg_class.oid and ${serviceRole(domain)}::regrole = any(polroles)
      ) as secured
      from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and (attname = 'tenant_id' or relname = 'tenants' and attname = 'id')
        and (has_any_column_privilege(${serviceRole(domain)}, pg_class.oid, 'select, insert, update')
          or has_table_privilege(${serviceRole(domain)}, pg_class.oid, 'delete, truncate'))`;
    expect(rows.filter(({ secured }) => !secured)).toEqual([]);
    expect(rows.length).toBeGreaterThan(2);
  });

  it("the domain's roles own nothing and create nothing, and PUBLIC has no rights", async () => {
    const { sql, drop } = await migratedDatabase(domain);
    onTestFinished(drop);
    const roles = [serviceRole(domain), systemRole(domain)];
    const owned = await sql`
      select relname from pg_class where relowner = any(${roles}::regrole[])`;
    expect(owned).toEqual([]);
    const [rights] = await sql`
      select bool_or(has_schema_privilege(role, 'public', 'create')) as create,
        bool_and(has_schema_privilege(role, 'public', 'usage')) as usage
      from unnest(${roles}::text[]) as role`;
    expect(rights).toEqual({ create: false, usage: true });
    const publicGrants = await sql`
      select relname from pg_class, aclexplode(relacl) as granted
      where relnamespace = 'public'::regnamespace and granted.grantee = 0
      union all
      select nspname from pg_namespace, aclexplode(nspacl) as granted where nspname = 'public' and granted.grantee = 0`;
    expect(publicGrants).toEqual([]);
    const callable = await sql`
      select proname from pg_proc join pg_namespace on pg_namespace.oid = pronamespace, aclexplode(coalesce(proacl, acldefault('f', proowner))) as granted
      where nspname = 'public' and granted.grantee = 0 and prorettype <> 'trigger'::regtype and not exists (
        select from pg_depend where objid = pg_proc.oid and deptype = 'e')`;
    expect(callable).toEqual([]);
  });
});

it("a service without a tenant sees only what all tenants share", async () => {
  const { sql, drop } = await migratedDatabase("auth");
  onTestFinished(drop);
  const seen = await sql.begin(async (tx) => {
    await tx`set local role novacron_auth`;
    return tx`select 'tenant' as kind, name from tenants union all select 'role', name from roles order by 1, 2`;
  });
  expect(seen.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "role admin",
    "role operator",
    "role user",
    "role viewer",
  ]);
});

it("a tenant's service writes its own rows, but neither another tenant's nor the built-in roles", async () => {
  const { sql, drop } = await migratedDatabase("auth");
  onTestFinished(drop);
  const tenant = "0197a000-0000-7000-8000-00000000000a";
  const other = "0197a000-0000-7000-8000-00000000000b";
  const asTenant = (statement: string) =>
    sql.begin(async (tx) => {
      await tx`set local role novacron_auth`;
      await tx`select set_config('app.tenant_id', ${tenant}, true)`;
      return tx.unsafe(statement);
    });
  await asTenant(`insert into tenants (id, name) values ('${tenant}', 'a')`);
  await expect(asTenant(`insert into tenants (id, name) values ('${other}', 'b')`)).rejects.toMatchObject({
    code: "42501",
  });
  await asTenant(`insert into roles (tenant_id, name) values ('${tenant}', 'night shift')`);
  expect(await asTenant(`update roles set description = 'changed' returning name`)).toEqual([{ name: "night shift" }]);
  await expect(asTenant(`insert into roles (name) values ('super')`)).rejects.toMatchObject({ code: "42501" });
});
