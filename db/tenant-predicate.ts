import { type Column, type SQL, sql } from "drizzle-orm";

/**
 * Returns the tenant predicate: rows of the tenant whose id is bound as `tenantId` when the statement runs. Every statement that reads, changes or removes rows
 * of a tenant uses it, in addition to row-level security and never instead of it. There is no switch for it. Tests that prove what row-level security stops on
 * its own replace this module with another (docs/testing.md).
 */
export const ofTenant = (tenantId: Column): SQL => sql`${tenantId} = ${sql.placeholder("tenantId")}::uuid`;
