import { type Column, type SQL, sql } from "drizzle-orm";

/**
 * The tenant predicate: rows of the tenant whose id whoever runs the statement binds as `tenantId`. Every statement that reads, changes or removes rows
 * of a tenant has it from here, beside row-level security and never instead of it. There is no switch for it: tests that prove what row-level
 * security stops by itself put another module in this one's place (docs/testing.md).
 */
export const ofTenant = (tenantId: Column): SQL => sql`${tenantId} = ${sql.placeholder("tenantId")}::uuid`;
