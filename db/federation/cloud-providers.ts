import { sql } from "drizzle-orm";
import { contains, during, type Filter, is, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { providerHistory } from "./change-history.ts";
import { type CloudProviderRow, cloudProviders } from "./schema/cloud-providers.ts";

/** A provider as the graph may see it: no query selects its credentials. */
export type VisibleCloudProviderRow = Omit<CloudProviderRow, "credentialsEncrypted">;

/** The provider has one of the listed regions; `oneOf` checks the values. */
const offersRegion: Filter = (name, value, argument) => ({
  ...oneOf(cloudProviders.name)(name, value, argument),
  sql: sql`${cloudProviders.regions} ?| ${sql.placeholder(name)}::text[]`,
});

export const cloudProviderEntity = defineEntity({
  table: cloudProviders,
  history: providerHistory,
  omit: ["credentialsEncrypted"],
  filters: {
    id: oneOf(cloudProviders.id),
    type: oneOf(cloudProviders.providerType),
    healthStatus: oneOf(cloudProviders.healthStatus),
    region: offersRegion,
    enabled: is(cloudProviders.enabled),
    lastHealthCheckAt: during(cloudProviders.lastHealthCheck),
    createdAt: during(cloudProviders.createdAt),
    text: contains(cloudProviders.name),
  },
  orders: {
    CREATED_AT: cloudProviders.createdAt,
    UPDATED_AT: cloudProviders.updatedAt,
    NAME: cloudProviders.name,
    PRIORITY: cloudProviders.priority,
    HEALTH_STATUS: cloudProviders.healthStatus,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Tenant.cloudProviders": by(cloudProviders.tenantId),
  },
});
