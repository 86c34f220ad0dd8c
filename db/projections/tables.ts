import { index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { type Domain, systemPolicy, tenantId, tenantPolicy, timestamptz } from "../columns.ts";

/**
 * A domain's copy of the VMs, so that it can query by tag, by node or by name without calling the vms domain. It is updated from the event log, rebuilt from
 * the vms database on demand, and never written by other code. Deleted VMs stay, as `deleted`.
 */
export const projectedVmsTable = (domain: Domain) =>
  pgTable(
    "projected_vms",
    {
      id: uuid("id").primaryKey(),
      tenantId: tenantId(),
      name: text("name").notNull(),
      state: text("state").notNull(),
      nodeId: uuid("node_id"),
      tags: jsonb("tags").$type<Record<string, string>>().notNull(),
      /** The VM's own count of its writes: an event with a lower count changes nothing. */
      version: integer("version").notNull(),
      projectedAt: timestamptz("projected_at").notNull().defaultNow(),
    },
    (table) => [
      // The VMs of a tenant by tag: tags @> '{"env": "prod"}'.
      index("idx_projected_vms_tags").using("gin", table.tags.op("jsonb_path_ops")),
      // The VMs on a node.
      index("idx_projected_vms_node_id").on(table.nodeId),
      // The VMs of a tenant.
      index("idx_projected_vms_tenant_id").on(table.tenantId, table.id),
      tenantPolicy(domain, table.tenantId),
      systemPolicy(domain),
    ],
  );
