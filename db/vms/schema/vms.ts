import { sql } from "drizzle-orm";
import { boolean, check, index, jsonb, pgTable, text, unique, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";
import {
  createdAt,
  metadata,
  primaryId,
  systemPolicy,
  tenantId,
  tenantPolicy,
  timestamptz,
  updatedAt,
  version,
} from "../../columns.ts";
import { hypervisorEnum, vmStateEnum } from "./enums.ts";
import type { Tags, VmDocument, VmResourceConfig } from "./vm-config.ts";
import { vmTemplates } from "./vm-templates.ts";

/** A trigger rejects a change of state that the lifecycle does not allow; see the migration `guard_vm_states`. */
export const vms = pgTable(
  "vms",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    displayName: varchar("display_name", { length: 255 }),
    description: text("description"),
    state: vmStateEnum("state").notNull().default("creating"),
    /** The state that the VM had before a transient state, and to which it returns; null in all other states. */
    originState: vmStateEnum("origin_state"),
    hypervisorType: hypervisorEnum("hypervisor_type").notNull(),
    /** A node of the scheduler database. */
    nodeId: uuid("node_id"),
    /** A user of the auth database. */
    ownerId: uuid("owner_id").notNull(),
    tenantId: tenantId(),
    templateId: uuid("template_id").references(() => vmTemplates.id, { onDelete: "restrict" }),
    resourceConfig: jsonb("resource_config").$type<VmResourceConfig>().notNull(),
    networkConfig: jsonb("network_config").$type<VmDocument>(),
    storageConfig: jsonb("storage_config").$type<VmDocument>(),
    securityConfig: jsonb("security_config").$type<VmDocument>(),
    backupConfig: jsonb("backup_config").$type<VmDocument>(),
    tags: jsonb("tags").$type<Tags>().notNull().default({}),
    /** A VM that is protected cannot be deleted; a trigger refuses it too. What undoes a creation deletes its VM all the same. */
    isProtected: boolean("is_protected").notNull().default(false),
    metadata: metadata(),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Soft delete: set exactly while the state is `deleted`. */
    deletedAt: timestamptz("deleted_at"),
    /** When the machine of a deleted VM was removed with its disks: it can no longer be undeleted. */
    purgedAt: timestamptz("purged_at"),
  },
  (table) => [
    // The VMs of a user, newest first.
    index("idx_vms_owner_id").on(table.ownerId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The VMs of a tenant, newest first: the list that most pages begin with.
    index("idx_vms_tenant_id").on(table.tenantId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The VMs of a tenant in one state, newest first.
    index("idx_vms_state").on(
      table.tenantId,
      table.state,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The VMs on a node, newest first.
    index("idx_vms_node_id").on(table.nodeId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The VMs created in a span of time, over all tenants.
    index("idx_vms_created_at").on(table.createdAt),
    // The VMs made from a template, newest first.
    index("idx_vms_template_id").on(
      table.templateId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // VMs by tag: tags @> '{"env": "prod"}'.
    index("idx_vms_tags").using("gin", table.tags.op("jsonb_path_ops")),
    // A name is free again once its VM is deleted. Lists by name use it as well.
    uniqueIndex("vms_live_name_unique")
      .on(table.tenantId, table.name)
      .where(sql`${table.deletedAt} is null`),
    // The deleted VMs whose machines are still there, over all tenants.
    index("idx_vms_unpurged")
      .on(table.deletedAt)
      .where(sql`${table.deletedAt} is not null and ${table.purgedAt} is null`),
    // The target of the children's foreign keys, so that a child's copied tenant cannot differ from its VM's.
    unique("vms_tenant_id_id_unique").on(table.tenantId, table.id),
    check("vms_purged_at_check", sql`${table.purgedAt} is null or ${table.deletedAt} is not null`),
    check("vms_deleted_at_check", sql`(${table.state} = 'deleted') = (${table.deletedAt} is not null)`),
    check(
      "vms_origin_state_check",
      sql`(${table.originState} is not null) = (${table.state} in ('migrating', 'backing_up', 'restoring')) and ${table.originState} in ('running', 'stopped', 'paused', 'suspended', 'error')`,
    ),
    tenantPolicy("vms", table.tenantId),
    // Rebuilding and checking the projections of other domains reads the VMs of all tenants.
    systemPolicy("vms"),
  ],
);

export type VmRow = typeof vms.$inferSelect;
