import { type Column, getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import type postgres from "postgres";
import { type Database, openDatabase } from "#db/client.ts";
import * as auth from "#db/auth/schema/index.ts";
import { type Domain, domains, serviceRole } from "#db/columns.ts";
import * as federation from "#db/federation/schema/index.ts";
import * as monitoring from "#db/monitoring/schema/index.ts";
import { visibleTo } from "#db/rows.ts";
import * as scheduler from "#db/scheduler/schema/index.ts";
import { statement } from "#db/statement.ts";
import * as vms from "#db/vms/schema/index.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "./rows.ts";

export const ours = fleetOf(1);
export const theirs = fleetOf(2);

export interface TwoTenantsOptions {
  /** Without it predicates are all that is left. */
  rowSecurity: boolean;
}

/** Databases with rows of two tenants in every table that tenants own. */
export async function twoTenants({ rowSecurity }: TwoTenantsOptions): Promise<TestDatabases> {
  const urls = await cloneDatabases();
  await insertFleet(urls, 1, 3);
  await insertFleet(urls, 2, 3);
  for (const domain of domains) {
    await asOwner(urls.url(domain), async (owner) => {
      if (domain === "monitoring") await insertSamples(owner);
      if (domain === "monitoring" || domain === "scheduler") await insertProjections(owner);
    });
  }
  if (!rowSecurity) await disableRowSecurity(urls);
  return urls;
}

/** What only the tables' owner can do. */
export async function disableRowSecurity(urls: TestDatabases, of: readonly Domain[] = domains): Promise<void> {
  for (const domain of of) {
    await asOwner(urls.url(domain), async (owner) => {
      const secured = await owner<{ name: string }[]>`
        select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`;
      for (const { name } of secured) {
        await owner.unsafe(`alter table ${name} disable row level security, no force row level security`);
      }
    });
  }
}

/** The tables that have a tenant and that the domain's service may read, as the database has them. */
export async function tenantTableNames(owner: postgres.Sql, domain: Domain): Promise<string[]> {
  const tables = await owner<{ name: string }[]>`
    select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition
      and attname = 'tenant_id' and has_table_privilege(${serviceRole(domain)}, pg_class.oid, 'select')
    order by 1`;
  return tables.map(({ name }) => name);
}

const schemas: Record<Domain, object> = { auth, vms, monitoring, federation, scheduler };

/** Those tables as queries know them. */
export function tableNamed(domain: Domain, name: string): PgTable {
  const tables: unknown[] = Object.values(schemas[domain]);
  const table = tables.find((value): value is PgTable => is(value, PgTable) && getTableName(value) === name);
  if (!table)
    throw new Error(`db/${domain}/schema has no table ${name}: no query could be written for it as they are written.`);
  return table;
}

export interface Seen {
  ours: number;
  theirs: number;
}

/** How many rows of each tenant a query of ours sees: written as lists and look-ups are, run as they are run. */
export async function seenByUs(database: Database, table: PgTable): Promise<Seen> {
  const { tenantId } = getTableColumns(table) as Record<string, Column>;
  if (!tenantId) throw new Error(`${getTableName(table)} has no tenant.`);
  const counted = statement<Seen>(
    () => sql`select count(*) filter (where ${tenantId} = ${ours.tenantId}::uuid)::int as ours,
        count(*) filter (where ${tenantId} = ${theirs.tenantId}::uuid)::int as theirs
      from ${table} where ${visibleTo({ table })}`,
  );
  const tx = database.read({ tenantId: ours.tenantId });
  try {
    const [seen] = await tx.run(counted, { tenantId: tx.tenantId });
    return seen ?? { ours: 0, theirs: 0 };
  } finally {
    await tx.end();
  }
}

/** What a domain's service sees in each of its tables that have a tenant. */
export async function seenInEveryTable(urls: TestDatabases, domain: Domain): Promise<Map<string, Seen>> {
  const names = await asOwner(urls.url(domain), (owner) => tenantTableNames(owner, domain));
  const database = await openDatabase({ domain, url: urls.url(domain), maxConnections: 1 });
  try {
    const seen = new Map<string, Seen>();
    for (const name of names) seen.set(name, await seenByUs(database, tableNamed(domain, name)));
    return seen;
  } finally {
    await database.close();
  }
}

/** What the projection of each tenant's first VM would have. */
async function insertProjections(owner: postgres.Sql): Promise<void> {
  for (const fleet of [ours, theirs]) {
    await owner`
      insert into projected_vms (id, tenant_id, name, state, tags, version)
      values (${fleet.id("vm")}, ${fleet.tenantId}, 'projected', 'running', '{}', 1)`;
  }
}

/** One sample and one rolled-up hour of each tenant; whatever column must not be null is 0 or now. */
async function insertSamples(owner: postgres.Sql): Promise<void> {
  await owner.unsafe("create table if not exists samples_of_this_test partition of vm_metrics default");
  for (const table of ["vm_metrics", "vm_metrics_hourly"]) {
    const columns = await owner<{ name: string; type: string }[]>`
      select column_name as name, data_type as type from information_schema.columns
      where table_schema = 'public' and table_name = ${table} and is_nullable = 'NO' and is_generated = 'NEVER'
        and column_name not in ('tenant_id', 'vm_id')`;
    const values = columns.map(({ type }) => (type.startsWith("timestamp") ? "timestamptz '2001-01-01'" : "0"));
    for (const fleet of [ours, theirs]) {
      await owner.unsafe(
        `insert into ${table} (tenant_id, vm_id, ${columns.map(({ name }) => name).join(", ")})
          values ('${fleet.tenantId}', '${fleet.id("vm")}', ${values.join(", ")})`,
      );
    }
  }
}
