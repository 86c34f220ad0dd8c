import { boolean, pgTable, text, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, systemPolicy, tenantPolicy, updatedAt, version } from "../../columns.ts";

/** Tenants are disabled, never deleted: rows in the other databases name their tenant without a foreign key. */
export const tenants = pgTable(
  "tenants",
  {
    id: primaryId(),
    /** The short name that commands and URLs use. */
    name: varchar("name", { length: 255 }).notNull().unique(),
    displayName: varchar("display_name", { length: 255 }),
    description: text("description"),
    enabled: boolean("enabled").notNull().default(true),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    tenantPolicy("auth", table.id),
    // Whether the tenant is enabled is read with the credential. Users of the platform see all tenants.
    systemPolicy("auth"),
  ],
);

export type TenantRow = typeof tenants.$inferSelect;
