import { sql } from "drizzle-orm";
import { check, foreignKey, index, inet, jsonb, pgTable, unique, uuid, varchar } from "drizzle-orm/pg-core";
import {
  createdAt,
  currency,
  money,
  primaryId,
  tenantId,
  tenantPolicy,
  timestamptz,
  updatedAt,
  version,
  type RowMetadata,
} from "../../columns.ts";
import { cloudProviders } from "./cloud-providers.ts";
import { providerVmStateEnum } from "./enums.ts";

/** A VM as a provider knows it: the twin of a VM of the vms database. */
export const multicloudVms = pgTable(
  "multicloud_vms",
  {
    id: primaryId(),
    tenantId: tenantId(),
    localVmId: uuid("local_vm_id").notNull(),
    providerId: uuid("provider_id").notNull(),
    providerVmId: varchar("provider_vm_id", { length: 255 }).notNull(),
    name: varchar("name", { length: 255 }),
    region: varchar("region", { length: 100 }),
    availabilityZone: varchar("availability_zone", { length: 100 }),
    instanceType: varchar("instance_type", { length: 100 }),
    instanceFamily: varchar("instance_family", { length: 100 }),
    state: providerVmStateEnum("state").notNull(),
    publicIp: inet("public_ip"),
    privateIp: inet("private_ip"),
    costPerHour: money("cost_per_hour"),
    currency: currency(),
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    providerMetadata: jsonb("provider_metadata").$type<RowMetadata>().notNull().default({}),
    lastSync: timestamptz("last_sync"),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    foreignKey({
      name: "multicloud_vms_provider_fk",
      columns: [table.tenantId, table.providerId],
      foreignColumns: [cloudProviders.tenantId, cloudProviders.id],
    }).onDelete("restrict"),
    unique("multicloud_vms_provider_vm_unique").on(table.providerId, table.providerVmId),
    // The VMs at a provider, newest first.
    index("idx_multicloud_vms_provider_id").on(
      table.providerId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The twins of a VM, newest first.
    index("idx_multicloud_vms_local_vm_id").on(
      table.localVmId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The provider VMs of a tenant, newest first.
    index("idx_multicloud_vms_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // Provider VMs by tag: tags @> '{"env": "prod"}'.
    index("idx_multicloud_vms_tags").using("gin", table.tags.op("jsonb_path_ops")),
    check("multicloud_vms_cost_check", sql`${table.costPerHour} >= 0`),
    tenantPolicy("federation", table.tenantId),
  ],
);

export type MulticloudVmRow = typeof multicloudVms.$inferSelect;
