import { sql } from "drizzle-orm";
import { boolean, index, jsonb, pgTable, text, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, tenantId, tenantPolicies, updatedAt, version } from "../../columns.ts";
import type { Tags, VmDocument, VmResourceConfig } from "./vm-config.ts";

/** Every tenant can read public templates, but not change them. */
export const vmTemplates = pgTable(
  "vm_templates",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    description: text("description"),
    /** The version of the template itself, such as `24.04`. */
    version: varchar("version", { length: 50 }).notNull(),
    ownerId: uuid("owner_id").notNull(),
    tenantId: tenantId(),
    baseImage: varchar("base_image", { length: 255 }).notNull(),
    resourceConfig: jsonb("resource_config").$type<VmResourceConfig>().notNull(),
    networkTemplate: jsonb("network_template").$type<VmDocument>(),
    storageTemplate: jsonb("storage_template").$type<VmDocument>(),
    securityTemplate: jsonb("security_template").$type<VmDocument>(),
    tags: jsonb("tags").$type<Tags>().notNull().default({}),
    isPublic: boolean("is_public").notNull().default(false),
    metadata: metadata(),
    rowVersion: version("row_version"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("vm_templates_name_version_unique").on(table.tenantId, table.name, table.version),
    // The templates of a tenant, newest first.
    index("idx_vm_templates_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The templates of a user.
    index("idx_vm_templates_owner_id").on(
      table.ownerId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The templates that every tenant sees.
    index("idx_vm_templates_public")
      .on(table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst())
      .where(sql`${table.isPublic}`),
    // Templates by tag: tags @> '{"os": "debian"}'.
    index("idx_vm_templates_tags").using("gin", table.tags.op("jsonb_path_ops")),
    ...tenantPolicies("vms", table.tenantId, sql`${table.isPublic}`),
  ],
);

export type VmTemplateRow = typeof vmTemplates.$inferSelect;
