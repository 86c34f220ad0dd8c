import { type Column, getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { isDeepStrictEqual } from "node:util";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type postgres from "postgres";
import { type Database, openDatabase } from "#db/client.ts";
import { type Domain, domains, serviceRole } from "#db/columns.ts";
import { statement } from "#db/statement.ts";
import { ofTenant } from "#db/tenant-predicate.ts";
import { upsert } from "#db/upsert.ts";
import { databaseSchema } from "#tests/migrations/domain-schema.ts";
import { asOwner, cloneDatabases, type TestDatabases } from "#tests/harness/server.ts";
import { fleetOf, insertFleet } from "./rows.ts";

export const ours = fleetOf(1);
export const theirs = fleetOf(2);

export interface TwoTenantsOptions {
  /** Whether row-level security stays enabled; without it only the predicates remain. */
  rowSecurity: boolean;
}

/** Returns databases with rows of two tenants in every table that tenants own. */
export async function twoTenants({ rowSecurity }: TwoTenantsOptions): Promise<TestDatabases> {
  const urls = await cloneDatabases();
  await insertFleet(urls, 1, 3);
  await insertFleet(urls, 2, 3);
  await completeReferences(urls);
  for (const domain of domains) {
    await asOwner(urls.url(domain), async (owner) => {
      if (domain === "monitoring") await insertSamples(owner);
      if (domain === "monitoring" || domain === "scheduler") await insertProjections(owner);
      await insertForeignChanges(owner);
    });
  }
  if (!rowSecurity) await disableRowSecurity(urls);
  return urls;
}

/** Disables row-level security, which only the tables' owner can do. */
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

/** Returns the names of the tables in the database that have a tenant and that the domain's service may read. */
export async function tenantTableNames(owner: postgres.Sql, domain: Domain): Promise<string[]> {
  const tables = await owner<{ name: string }[]>`
    select relname as name from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition
      and (attname = 'tenant_id' or relname = 'tenants' and attname = 'id') and has_table_privilege(${serviceRole(domain)}, pg_class.oid, 'select')
    order by 1`;
  return tables.map(({ name }) => name);
}

/** Returns the Drizzle table of that name, as queries use it. */
async function tableNamed(domain: Domain, name: string): Promise<PgTable> {
  const tables = Object.values(await databaseSchema(domain));
  const table = tables.find((value): value is PgTable => is(value, PgTable) && getTableName(value) === name);
  if (!table) throw new Error(`db/${domain}/schema has no table ${name}, so no Drizzle query can use it.`);
  return table;
}

/** Returns the column with the tenant of a row; for the tenants themselves, their id. */
function tenantOf(table: PgTable): Column {
  const { tenantId, id } = getTableColumns(table) as Record<string, Column>;
  const column = getTableName(table) === "tenants" ? id : tenantId;
  if (!column) throw new Error(`${getTableName(table)} has no tenant.`);
  return column;
}

async function asService<T>(
  urls: TestDatabases,
  domain: Domain,
  use: (database: Database, owner: postgres.Sql) => Promise<T>,
): Promise<T> {
  const database = await openDatabase({ domain, url: urls.url(domain), maxConnections: 1 });
  try {
    return await asOwner(urls.url(domain), (owner) => use(database, owner));
  } finally {
    await database.close();
  }
}

export interface Seen {
  ours: number;
  theirs: number;
}

/** Returns how many rows of each tenant the product's queries see in every table. The queries are written and run as lists and look-ups are. */
export async function seenInEveryTable(urls: TestDatabases, domain: Domain): Promise<Map<string, Seen>> {
  return asService(urls, domain, async (database, owner) => {
    const seen = new Map<string, Seen>();
    for (const name of await tenantTableNames(owner, domain)) {
      const table = await tableNamed(domain, name);
      const tenant = tenantOf(table);
      const counted = statement<Seen>(
        () => sql`select count(*) filter (where ${tenant} = ${ours.tenantId}::uuid)::int as ours,
            count(*) filter (where ${tenant} = ${theirs.tenantId}::uuid)::int as theirs
          from ${table} where ${ofTenant(tenant)}`,
      );
      const tx = database.read({ tenantId: ours.tenantId });
      const [counts] = await tx.run(counted, { tenantId: tx.tenantId });
      await tx.end();
      seen.set(name, counts ?? { ours: 0, theirs: 0 });
    }
    return seen;
  });
}

/** `reached`: the write reached the row, and a foreign key that includes the tenant refused the result. */
export type Met = "taken" | "reached" | "kept";

/**
 * Tries to overwrite another tenant's row in every table that the service may write to, as if the row were ours. It skips tables whose key includes
 * the tenant, because such a write cannot reach their rows.
 */
export async function takenInEveryTable(urls: TestDatabases, domain: Domain): Promise<Map<string, Met>> {
  return asService(urls, domain, async (database, owner) => {
    const result = new Map<string, Met>();
    for (const name of await tenantTableNames(owner, domain)) {
      const [right] = await owner<{ writes: boolean }[]>`
        select has_table_privilege(${serviceRole(domain)}, ${name}, 'insert')
          and has_table_privilege(${serviceRole(domain)}, ${name}, 'update') as writes`;
      const table = await tableNamed(domain, name);
      const key = keyOf(table);
      if (!right?.writes || key.includes("tenantId") || name === "tenants") continue;
      const read = async () => {
        const [row] = await owner.unsafe<{ row: Record<string, unknown> }[]>(
          `select to_jsonb(r) as row from ${name} r where tenant_id = '${theirs.tenantId}' order by 1 limit 1`,
        );
        return row?.row ?? {};
      };
      const theirRow = await read();
      const written = Object.entries(getTableColumns(table) as Record<string, Column>)
        .filter(([, column]) => !column.generated && theirRow[column.name] !== null)
        .map(([property, column]) => [property, property === "tenantId" ? ours.tenantId : theirRow[column.name]]);
      const rows = [Object.fromEntries(written) as never];
      const refusal = await database
        .write({ tenantId: ours.tenantId }, (tx) =>
          upsert(tx, table, rows, { onConflict: key as never, update: "all", emits: "nothing" }),
        )
        .then(() => undefined)
        .catch((error: Error) => error);
      const kept = isDeepStrictEqual(await read(), theirRow);
      const byForeignKey = refusal !== undefined && (refusal as { code?: string }).code === "23503";
      // Only these two may refuse the write; another error would be a mistake of the test.
      if (refusal && !byForeignKey && !/row-level security/.test(refusal.message)) throw refusal;
      result.set(name, byForeignKey ? "reached" : kept ? "kept" : "taken");
    }
    return result;
  });
}

/** Returns the names of the primary key's properties. */
function keyOf(table: PgTable): string[] {
  const columns = Object.entries(getTableColumns(table) as Record<string, Column>);
  const composite = getTableConfig(table).primaryKeys[0]?.columns.map(({ name }) => name) ?? [];
  return columns.filter(([, { primary, name }]) => primary || composite.includes(name)).map(([property]) => property);
}

/** Sets the references to objects that rows of a fleet have only rarely: who approved a migration, or where it leads. */
async function completeReferences(urls: TestDatabases): Promise<void> {
  await asOwner(urls.url("federation"), async (owner) => {
    await owner`update migrations set destination_provider = source_provider, approved_by = initiated_by`;
    await owner`update cost_optimizations set recommended_provider = current_provider`;
  });
  await asOwner(urls.url("monitoring"), async (owner) => {
    for (const fleet of [ours, theirs])
      await owner`
        update alert_instances set acknowledged_by = ${fleet.id("user")}, acknowledged_at = started_at
        where tenant_id = ${fleet.tenantId}`;
  });
}

/** Inserts the projection of each tenant's first VM. */
async function insertProjections(owner: postgres.Sql): Promise<void> {
  for (const fleet of [ours, theirs]) {
    await owner`
      insert into projected_vms (id, tenant_id, name, state, tags, version)
      values (${fleet.id("vm")}, ${fleet.tenantId}, 'projected', 'running', '{}', 1)`;
  }
}

/** Inserts changes of the other tenant to objects of ours, which no list of changes may show. */
async function insertForeignChanges(owner: postgres.Sql): Promise<void> {
  await owner`
    insert into entity_changes (id, tenant_id, entity_type, entity_key, kind, changed_at, fields)
    select ${theirs.id("vm")}, ${theirs.tenantId}, entity_type, entity_key, kind, changed_at, fields
    from entity_changes where tenant_id = ${ours.tenantId}`;
}

/** Inserts one sample and one rolled-up hour of each tenant; other columns that must not be null are 0 or a fixed time. */
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
