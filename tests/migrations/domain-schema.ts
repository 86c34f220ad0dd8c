import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type { Domain } from "#db/columns.ts";

/** Everything that a domain's schema exports: tables, enums, constants. */
export const domainSchema = async (domain: Domain): Promise<Record<string, unknown>> =>
  (await import(`../../db/${domain}/schema/index.ts`)) as Record<string, unknown>;

export const domainTables = async (domain: Domain) =>
  Object.values(await domainSchema(domain))
    .filter((value): value is PgTable => is(value, PgTable))
    .map((table) => getTableConfig(table));
