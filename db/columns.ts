import { type Column, getTableColumns, sql, type SQL } from "drizzle-orm";
import {
  type AnyPgColumn,
  char,
  integer,
  jsonb,
  numeric,
  pgPolicy,
  pgRole,
  type PgTable,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

/** The five domains. Each has one database, one owner, two roles and one migration journal of its own. */
export const domains = ["auth", "vms", "monitoring", "federation", "scheduler"] as const;
export type Domain = (typeof domains)[number];

/** Returns the role under which a domain's service runs its queries: no superuser, no BYPASSRLS, bound to one tenant per transaction. */
export const serviceRole = (domain: Domain): string => `novacron_${domain}`;

/** Returns the role of jobs that must cross tenants (retention, rollup, relay). It has policies on named tables only. */
export const systemRole = (domain: Domain): string => `novacron_${domain}_system`;

/** Declares a `timestamptz`, read as a Date. Cursors carry the text form, which keeps the microseconds that a Date drops. */
export const timestamptz = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const primaryId = () => uuid("id").primaryKey().defaultRandom();
export const tenantId = () => uuid("tenant_id").notNull();
export const createdAt = () => timestamptz("created_at").notNull().defaultNow();
export const updatedAt = () => timestamptz("updated_at").notNull().defaultNow();

/**
 * The names of a row counter. A new table calls it `version`. `vm_templates` and `clusters` have a `version` with another meaning (of the image, of the
 * cluster's software) and call it `row_version`; `nodes` calls it `generation`.
 */
const counterNames = ["version", "row_version", "generation"] as const;

/** Declares the row counter: it counts the writes of a mutable row, for compare-and-set and for the order of its events. `db/row-writes.ts` increments it. */
export const version = (name: (typeof counterNames)[number] = "version") => integer(name).notNull().default(1);

/** Returns the row counter of a table, under the name that the table gives it. */
export const rowCounter = (table: PgTable): Column | undefined =>
  Object.values(getTableColumns(table)).find(
    (column: Column) => column.dataType === "number" && (counterNames as readonly string[]).includes(column.name),
  );

/** What a row carries in addition to its columns: above all `origin`, which states the source of an imported or generated row. */
export interface RowMetadata {
  /** `generated` for rows that the product made up; otherwise the name of the data set that a row was imported from. */
  origin?: string;
  [key: string]: unknown;
}
export const metadata = () => jsonb("metadata").$type<RowMetadata>().notNull().default({});

/** Declares an amount of money: 9 decimals hold every published hourly price exactly. Read as a string; never a float. */
export const money = (name: string) => numeric(name, { precision: 18, scale: 9 });
/** Declares the ISO 4217 code of all amounts of the row. */
export const currency = () => char("currency", { length: 3 }).notNull().default("USD");

/** The tenant of the transaction, evaluated once per statement; null (and so no row) when none was set. */
export const currentTenant: SQL = sql`(select nullif(current_setting('app.tenant_id', true), '')::uuid)`;

const existingRole = (name: string) => pgRole(name).existing();

/** Row-level security of a tenant-owned table: the service role sees and writes only the rows of its transaction's tenant. */
export const tenantPolicy = (domain: Domain, column: AnyPgColumn) =>
  pgPolicy("tenant_isolation", {
    to: existingRole(serviceRole(domain)),
    using: sql`${column} = ${currentTenant}`,
    withCheck: sql`${column} = ${currentTenant}`,
  });

/** Like `tenantPolicy`, for tables in which every tenant can read some rows (built-in roles, public templates). */
export const tenantPolicies = (domain: Domain, column: AnyPgColumn, readableByAll: SQL) => [
  tenantPolicy(domain, column),
  pgPolicy("readable_by_all", {
    for: "select",
    to: existingRole(serviceRole(domain)),
    using: readableByAll,
  }),
];

/** Lets the domain's system role cross tenants on this table. docs/running.md and a test list every use. */
export const systemPolicy = (domain: Domain) =>
  pgPolicy("system_jobs", {
    to: existingRole(systemRole(domain)),
    using: sql`true`,
    withCheck: sql`true`,
  });
