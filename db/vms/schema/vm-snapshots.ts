import { sql } from "drizzle-orm";
import { bigint, check, foreignKey, index, pgTable, text, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { snapshotTypeEnum } from "./enums.ts";
import { vms } from "./vms.ts";

export const vmSnapshots = pgTable(
  "vm_snapshots",
  {
    id: primaryId(),
    vmId: uuid("vm_id").notNull(),
    tenantId: tenantId(),
    name: varchar("name", { length: 255 }).notNull(),
    description: text("description"),
    snapshotType: snapshotTypeEnum("snapshot_type").notNull(),
    storagePath: text("storage_path").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    compressionType: varchar("compression_type", { length: 50 }),
    metadata: metadata(),
    createdAt: createdAt(),
    expiresAt: timestamptz("expires_at"),
  },
  (table) => [
    foreignKey({
      name: "vm_snapshots_vm_fk",
      columns: [table.tenantId, table.vmId],
      foreignColumns: [vms.tenantId, vms.id],
    }).onDelete("cascade"),
    // The snapshots of a VM, newest first.
    index("idx_vm_snapshots_vm_id").on(table.vmId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The snapshots of a tenant, newest first.
    index("idx_vm_snapshots_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // Snapshots that have expired, for removal.
    index("idx_vm_snapshots_expires_at")
      .on(table.expiresAt)
      .where(sql`${table.expiresAt} is not null`),
    check("vm_snapshots_size_bytes_check", sql`${table.sizeBytes} >= 0`),
    tenantPolicy("vms", table.tenantId),
  ],
);

export type VmSnapshotRow = typeof vmSnapshots.$inferSelect;
