import type { Domain } from "#db/columns.ts";

/** Returns everything that a domain's schema exports: tables, enums, constants. */
export const domainSchema = async (domain: Domain): Promise<Record<string, unknown>> =>
  (await import(`../../db/${domain}/schema/index.ts`)) as Record<string, unknown>;
