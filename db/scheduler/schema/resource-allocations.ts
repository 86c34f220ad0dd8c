import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, pgTable, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";
import { metadata, primaryId, systemPolicy, tenantId, tenantPolicy, timestamptz, version } from "../../columns.ts";
import { allocationStatusEnum, allocationTypeEnum } from "./enums.ts";
import { nodes } from "./nodes.ts";

/** The VMs with these tags and the VM of the claim are never in one host, rack, zone or region. */
export interface ClaimAntiAffinity {
  scope: "host" | "rack" | "zone" | "region";
  tags: Record<string, string>;
}

/** The claim of one VM on one node. A claim counts against the node's capacity in every state except `deallocated`. */
export const resourceAllocations = pgTable(
  "resource_allocations",
  {
    id: primaryId(),
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    nodeId: uuid("node_id")
      .notNull()
      .references(() => nodes.id, { onDelete: "restrict" }),
    allocationType: allocationTypeEnum("allocation_type").notNull(),
    /** The claimed thousandths of a core. */
    cpuMillicores: integer("cpu_millicores").notNull(),
    /** Whole cores, rounded up from `cpu_millicores` by the database. */
    cpuCores: integer("cpu_cores")
      .notNull()
      .generatedAlwaysAs(sql`(cpu_millicores + 999) / 1000`),
    cpuMhz: integer("cpu_mhz"),
    memoryMb: bigint("memory_mb", { mode: "number" }).notNull(),
    storageGb: bigint("storage_gb", { mode: "number" }).notNull(),
    networkBandwidthMbps: integer("network_bandwidth_mbps"),
    /** The number of GPUs of which at least a part is claimed. */
    gpuCount: integer("gpu_count").notNull().default(0),
    /** Thousandths of a GPU over all GPUs: 500 is half of one, 2000 is two. */
    gpuMilli: integer("gpu_milli").notNull().default(0),
    gpuType: varchar("gpu_type", { length: 100 }),
    allocatedAt: timestamptz("allocated_at").notNull().defaultNow(),
    deallocatedAt: timestamptz("deallocated_at"),
    status: allocationStatusEnum("status").notNull().default("active"),
    /** When a reservation expires that was never made active. */
    expiresAt: timestamptz("expires_at"),
    /** The durable operation that reserved it. Null when none did. */
    operationId: uuid("operation_id"),
    /** The VM's tags when it was placed, until its projection has them. */
    tags: jsonb("tags").$type<Record<string, string>>().notNull().default({}),
    /** The anti-affinity rules of the VM itself, which VMs that are placed later respect too. */
    antiAffinity: jsonb("anti_affinity").$type<ClaimAntiAffinity[]>().notNull().default([]),
    metadata: metadata(),
    version: version(),
  },
  (table) => [
    // A VM has one claim on a node. A claim that is being released does not block the next one. During a migration the VM has two, on two nodes.
    uniqueIndex("resource_allocations_claim_unique")
      .on(table.vmId, table.nodeId)
      .where(sql`${table.status} not in ('releasing', 'deallocated')`),
    // A VM has one claim that it uses or will use. While it moves, the claim that it moves away from is `migrating`.
    uniqueIndex("resource_allocations_vm_unique")
      .on(table.vmId)
      .where(sql`${table.status} in ('active', 'reserved')`),
    uniqueIndex("resource_allocations_migrating_unique")
      .on(table.vmId)
      .where(sql`${table.status} = 'migrating'`),
    // The claims of a tenant's VMs with these tags: tags @> '{"app": "web"}'.
    index("idx_resource_allocations_tags")
      .using("gin", table.tags.op("jsonb_path_ops"))
      .where(sql`${table.status} in ('active', 'reserved', 'migrating')`),
    // The claims of a tenant's VMs with anti-affinity rules of their own.
    index("idx_resource_allocations_anti_affinity")
      .on(table.tenantId)
      .where(sql`${table.status} in ('active', 'reserved', 'migrating') and ${table.antiAffinity} <> '[]'`),
    // The claims of a VM, newest first.
    index("idx_resource_allocations_vm_id").on(
      table.vmId,
      table.allocatedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The claims on a node, newest first.
    index("idx_resource_allocations_node_id").on(
      table.nodeId,
      table.allocatedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The claims of a tenant, newest first.
    index("idx_resource_allocations_tenant_id").on(
      table.tenantId,
      table.allocatedAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // Checking that a node's `allocated` is the sum of the claims on it.
    index("idx_resource_allocations_open")
      .on(table.nodeId)
      .where(sql`${table.status} <> 'deallocated'`),
    // The reservations that have expired.
    index("idx_resource_allocations_expires_at")
      .on(table.expiresAt)
      .where(sql`${table.status} = 'reserved'`),
    check(
      "resource_allocations_amounts_check",
      sql`${table.cpuMillicores} >= 0 and ${table.cpuMhz} >= 0 and ${table.memoryMb} >= 0 and ${table.storageGb} >= 0 and ${table.networkBandwidthMbps} >= 0 and ${table.gpuCount} >= 0`,
    ),
    check("resource_allocations_gpu_milli_check", sql`${table.gpuMilli} between 0 and ${table.gpuCount} * 1000`),
    check(
      "resource_allocations_deallocated_at_check",
      sql`(${table.status} = 'deallocated') = (${table.deallocatedAt} is not null)`,
    ),
    check(
      "resource_allocations_expires_at_check",
      sql`${table.status} <> 'reserved' or ${table.expiresAt} is not null`,
    ),
    tenantPolicy("scheduler", table.tenantId),
    systemPolicy("scheduler"),
  ],
);

export type ResourceAllocationRow = typeof resourceAllocations.$inferSelect;
