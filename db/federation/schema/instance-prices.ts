import { sql } from "drizzle-orm";
import { check, date, index, numeric, pgTable, unique, varchar } from "drizzle-orm/pg-core";
import { createdAt, currency, metadata, money, primaryId } from "../../columns.ts";
import { providerTypeEnum } from "./enums.ts";

/**
 * The price catalogue: what an instance type costs per hour. The prices are public, so a row has no tenant. A price is valid from `as_of` until the next row of
 * the same type. A tier without a published price is null, never 0.
 */
export const instancePrices = pgTable(
  "instance_prices",
  {
    id: primaryId(),
    providerType: providerTypeEnum("provider_type").notNull(),
    region: varchar("region", { length: 100 }).notNull(),
    instanceType: varchar("instance_type", { length: 100 }).notNull(),
    family: varchar("family", { length: 100 }),
    vcpu: numeric("vcpu", { precision: 10, scale: 3 }).notNull(),
    memoryGib: numeric("memory_gib", { precision: 12, scale: 4 }).notNull(),
    gpuCount: numeric("gpu_count", { precision: 8, scale: 4 }).notNull().default("0"),
    arch: varchar("arch", { length: 50 }),
    os: varchar("os", { length: 50 }).notNull(),
    hourlyOnDemand: money("hourly_on_demand"),
    hourlySpot: money("hourly_spot"),
    hourlyReserved1y: money("hourly_reserved_1y"),
    hourlyReserved3y: money("hourly_reserved_3y"),
    currency: currency(),
    asOf: date("as_of", { mode: "string" }).notNull(),
    metadata: metadata(),
    createdAt: createdAt(),
  },
  (table) => [
    // The price of one type in one region at one time: the last row at or before that time.
    unique("instance_prices_unique").on(table.providerType, table.region, table.instanceType, table.os, table.asOf),
    // The cheapest types of a region that are large enough.
    index("idx_instance_prices_size").on(table.providerType, table.region, table.vcpu, table.memoryGib),
    check(
      "instance_prices_sizes_check",
      sql`${table.vcpu} >= 0 and ${table.memoryGib} >= 0 and ${table.gpuCount} >= 0`,
    ),
    check(
      "instance_prices_prices_check",
      sql`${table.hourlyOnDemand} > 0 and ${table.hourlySpot} > 0 and ${table.hourlyReserved1y} > 0 and ${table.hourlyReserved3y} > 0`,
    ),
  ],
);

export type InstancePriceRow = typeof instancePrices.$inferSelect;
