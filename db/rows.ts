import { type Column, getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { ofTenant } from "./tenant-predicate.ts";

/** What a list or a look-up reads: a table, without the columns that must never leave it. */
export interface Source {
  table: PgTable;
  /** Properties that no query of the graph selects: secrets. */
  omit?: readonly string[];
  /**
   * Which rows a tenant may see. By default these are the rows whose `tenant_id` is the transaction's; in tables without that column (shared infrastructure),
   * all rows. The code that runs the statement binds the placeholder `tenantId`.
   */
  visible?: SQL;
}

/** `"vms"."display_name" as "displayName", …`: the keys of the returned rows are those of the Drizzle table. */
export function selectList({ table, omit = [] }: Source): SQL {
  const columns = Object.entries(getTableColumns(table)).filter(([property]) => !omit.includes(property));
  return sql.join(
    columns.map(([property, column]) => sql`${column} as ${sql.identifier(property)}`),
    sql`, `,
  );
}

/** Returns the condition for the rows of a source that a query sees: `visible`, or the tenant's. */
export function visibleTo({ table, visible }: Source): SQL {
  if (visible) return visible;
  const { tenantId } = getTableColumns(table) as Record<string, Column>;
  return tenantId ? ofTenant(tenantId) : sql`true`;
}

export function columnOf(table: PgTable, property: string): Column {
  const column = (getTableColumns(table) as Record<string, Column>)[property];
  if (!column) throw new Error(`Table ${getTableName(table)} has no column ${property}.`);
  return column;
}
