import { sql } from "drizzle-orm";
import { check, index, inet, integer, jsonb, pgTable, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, timestamptz, updatedAt, version } from "../../columns.ts";
import { clusters } from "./clusters.ts";
import { nodeStatusEnum, nodeTypeEnum } from "./enums.ts";
import type { AllocationRules, NodeResources, Taint } from "./node-resources.ts";

/** A machine of a cluster. Shared infrastructure of the platform tenant: access is restricted by role, not by row. */
export const nodes = pgTable(
  "nodes",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull(),
    hostname: varchar("hostname", { length: 255 }).notNull(),
    ipAddress: inet("ip_address").notNull(),
    nodeType: nodeTypeEnum("node_type").notNull(),
    clusterId: uuid("cluster_id").references(() => clusters.id, { onDelete: "restrict" }),
    region: varchar("region", { length: 100 }),
    availabilityZone: varchar("availability_zone", { length: 100 }),
    /** The resources of the machine. */
    capacity: jsonb("capacity").$type<NodeResources>().notNull(),
    /** The part of the capacity that VMs may use. */
    allocatable: jsonb("allocatable").$type<NodeResources>().notNull(),
    /** The sum of the claims that are not deallocated; changed in the transaction that changes a claim. */
    allocated: jsonb("allocated").$type<NodeResources>().notNull(),
    /** Limits of claims by resource class; a class without an entry has none. */
    allocationRules: jsonb("allocation_rules").$type<AllocationRules>().notNull().default({}),
    /** When the node's first complete inventory was received. Null before: its resources are not known, and nothing is placed on it. */
    inventoriedAt: timestamptz("inventoried_at"),
    gpuModel: varchar("gpu_model", { length: 100 }),
    labels: jsonb("labels").$type<Record<string, string>>().notNull().default({}),
    taints: jsonb("taints").$type<Taint[]>().notNull().default([]),
    status: nodeStatusEnum("status").notNull().default("unknown"),
    lastHeartbeat: timestamptz("last_heartbeat"),
    /** After how long without a heartbeat nothing is placed on the node. Null for a node that sends none, such as an imported one. */
    heartbeatTimeoutSeconds: integer("heartbeat_timeout_seconds"),
    metadata: metadata(),
    /** Counts the claims and other changes of the node, for compare-and-set. Other tables call it `version`. */
    generation: version("generation"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("nodes_cluster_id_name_unique").on(table.clusterId, table.name).nullsNotDistinct(),
    // The nodes of a cluster, newest first.
    index("idx_nodes_cluster_id").on(
      table.clusterId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The nodes in one status, newest first.
    index("idx_nodes_status").on(table.status, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // All nodes, newest first.
    index("idx_nodes_created_at").on(table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // Nodes by label: labels @> '{"rack": "r7"}'.
    index("idx_nodes_labels").using("gin", table.labels.op("jsonb_path_ops")),
    check("nodes_taints_check", sql`jsonb_typeof(${table.taints}) = 'array'`),
  ],
);

export type NodeRow = typeof nodes.$inferSelect;
