import { globSync } from "tinyglobby";
import type { Domain } from "#db/columns.ts";
import { commonTables } from "#db/common/tables.ts";
import { asset } from "#lib/assets.ts";

/** Returns everything that the files of a domain's schema export: tables, enums, constants. */
export async function domainSchema(domain: Domain | "common"): Promise<Record<string, unknown>> {
  const files = domain === "common" ? ["db/common/schema.ts"] : globSync(`db/${domain}/schema/*.ts`).toSorted();
  const modules = await Promise.all(files.map((file) => import(asset(file)) as Promise<Record<string, unknown>>));
  return Object.assign({}, ...modules) as Record<string, unknown>;
}

/** Returns the same with the tables that every database has. */
export const databaseSchema = async (domain: Domain): Promise<Record<string, unknown>> => ({
  ...(await domainSchema(domain)),
  ...commonTables(domain),
});
