import { sql } from "drizzle-orm";
import { boolean, check, index, integer, interval, jsonb, pgTable, text, unique, varchar } from "drizzle-orm/pg-core";
import {
  createdAt,
  metadata,
  primaryId,
  tenantId,
  systemPolicy,
  tenantPolicy,
  timestamptz,
  updatedAt,
  version,
} from "../../columns.ts";
import { providerHealthEnum, providerTypeEnum } from "./enums.ts";

/** An account of a tenant at a cloud, or a data centre that is treated in the same way. */
export const cloudProviders = pgTable(
  "cloud_providers",
  {
    id: primaryId(),
    tenantId: tenantId(),
    name: varchar("name", { length: 255 }).notNull(),
    providerType: providerTypeEnum("provider_type").notNull(),
    /** Names as the provider writes them: `eu-west-1`. */
    regions: jsonb("regions").$type<string[]>().notNull().default([]),
    /** Encrypted before it gets here. No API returns it. Null while none were given, as for a provider of which only the prices are known. */
    credentialsEncrypted: text("credentials_encrypted"),
    config: jsonb("config").$type<Record<string, unknown>>().notNull().default({}),
    capabilities: jsonb("capabilities").$type<Record<string, unknown>>().notNull().default({}),
    pricingModel: jsonb("pricing_model").$type<Record<string, unknown>>(),
    healthStatus: providerHealthEnum("health_status").notNull().default("unknown"),
    healthCheckUrl: varchar("health_check_url", { length: 500 }),
    lastHealthCheck: timestamptz("last_health_check"),
    healthCheckInterval: interval("health_check_interval").notNull().default("5 minutes"),
    enabled: boolean("enabled").notNull().default(true),
    priority: integer("priority").notNull().default(0),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("cloud_providers_name_unique").on(table.tenantId, table.name),
    // The target of the children's foreign keys, so that a child's copied tenant cannot differ from its provider's.
    unique("cloud_providers_tenant_id_id_unique").on(table.tenantId, table.id),
    // The providers of a tenant, newest first.
    index("idx_cloud_providers_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The providers of a tenant by kind.
    index("idx_cloud_providers_type").on(table.tenantId, table.providerType),
    // The providers that may be used, by priority.
    index("idx_cloud_providers_enabled").on(table.tenantId, table.enabled, table.priority),
    check("cloud_providers_regions_check", sql`jsonb_typeof(${table.regions}) = 'array'`),
    check("cloud_providers_health_check_interval_check", sql`${table.healthCheckInterval} > interval '0'`),
    tenantPolicy("federation", table.tenantId),
    // `novacron keys rotate` seals secrets anew, and may read nothing else.
    systemPolicy("federation"),
  ],
);

export type CloudProviderRow = typeof cloudProviders.$inferSelect;
