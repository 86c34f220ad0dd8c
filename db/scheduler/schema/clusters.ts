import { index, jsonb, pgTable, text, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, updatedAt, version } from "../../columns.ts";
import { clusterStatusEnum } from "./enums.ts";

/** Shared infrastructure of the platform tenant: access is restricted by role, not by row. */
export const clusters = pgTable(
  "clusters",
  {
    id: primaryId(),
    name: varchar("name", { length: 255 }).notNull().unique(),
    description: text("description"),
    clusterType: varchar("cluster_type", { length: 50 }).notNull(),
    /** The version of the software that runs the cluster. */
    version: varchar("version", { length: 50 }),
    config: jsonb("config").$type<Record<string, unknown>>(),
    status: clusterStatusEnum("status").notNull().default("unknown"),
    metadata: metadata(),
    rowVersion: version("row_version"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // All clusters, newest first.
    index("idx_clusters_created_at").on(table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
  ],
);

export type ClusterRow = typeof clusters.$inferSelect;
