import { sql } from "drizzle-orm";
import { check, foreignKey, index, inet, integer, macaddr, pgTable, unique, uuid, varchar } from "drizzle-orm/pg-core";
import { createdAt, metadata, primaryId, tenantId, tenantPolicy } from "../../columns.ts";
import { vms } from "./vms.ts";

/** One row for each network interface of a VM. */
export const vmNetworks = pgTable(
  "vm_networks",
  {
    id: primaryId(),
    vmId: uuid("vm_id").notNull(),
    tenantId: tenantId(),
    networkName: varchar("network_name", { length: 255 }).notNull(),
    interfaceName: varchar("interface_name", { length: 100 }).notNull(),
    ipAddress: inet("ip_address"),
    macAddress: macaddr("mac_address"),
    networkType: varchar("network_type", { length: 50 }).notNull(),
    vlanId: integer("vlan_id"),
    bandwidthLimitMbps: integer("bandwidth_limit_mbps"),
    metadata: metadata(),
    createdAt: createdAt(),
  },
  (table) => [
    foreignKey({
      name: "vm_networks_vm_fk",
      columns: [table.tenantId, table.vmId],
      foreignColumns: [vms.tenantId, vms.id],
    }).onDelete("cascade"),
    unique("vm_networks_interface_unique").on(table.vmId, table.interfaceName),
    // The interfaces of a VM, newest first.
    index("idx_vm_networks_vm_id").on(table.vmId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // The interfaces of a tenant, newest first.
    index("idx_vm_networks_tenant_id").on(
      table.tenantId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    // The interface that has an address.
    index("idx_vm_networks_ip_address").on(table.tenantId, table.ipAddress),
    check("vm_networks_vlan_id_check", sql`${table.vlanId} between 0 and 4094`),
    check("vm_networks_bandwidth_limit_check", sql`${table.bandwidthLimitMbps} >= 0`),
    tenantPolicy("vms", table.tenantId),
  ],
);

export type VmNetworkRow = typeof vmNetworks.$inferSelect;
