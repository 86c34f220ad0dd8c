import type { Domain } from "#db/columns.ts";
import { commonTables } from "#db/common/tables.ts";

/** Returns everything that a domain's schema exports: tables, enums, constants. */
export const domainSchema = async (domain: Domain | "common"): Promise<Record<string, unknown>> =>
  (await import(domain === "common" ? "../../db/common/schema.ts" : `../../db/${domain}/schema/index.ts`)) as Record<
    string,
    unknown
  >;

/** Returns the same with the tables that every database has. */
export const databaseSchema = async (domain: Domain): Promise<Record<string, unknown>> => ({
  ...(await domainSchema(domain)),
  ...commonTables(domain),
});
