import { sql } from "drizzle-orm";
import { between, contains, during, hasTags, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { vmHistory } from "./change-history.ts";
import { vms } from "./schema/vms.ts";

export const vmEntity = defineEntity({
  table: vms,
  history: vmHistory,
  // A deleted VM is history: it is listed when a filter requests its state or its id, and rows that refer to it by id still show it.
  unlessFiltered: { by: ["state", "id"], condition: sql`${vms.deletedAt} is null` },
  filters: {
    id: oneOf(vms.id),
    name: oneOf(vms.name),
    state: oneOf(vms.state),
    hypervisorType: oneOf(vms.hypervisorType),
    node: oneOf(vms.nodeId),
    owner: oneOf(vms.ownerId),
    template: oneOf(vms.templateId),
    tags: hasTags(vms.tags),
    cpuMillicores: between(sql`(${vms.resourceConfig} ->> 'cpuMillicores')::bigint`),
    memoryBytes: between(sql`((${vms.resourceConfig} ->> 'memoryMb')::bigint * 1048576)`),
    createdAt: during(vms.createdAt),
    text: contains(vms.name, vms.displayName, vms.description),
  },
  orders: {
    CREATED_AT: vms.createdAt,
    UPDATED_AT: vms.updatedAt,
    NAME: vms.name,
    STATE: vms.state,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "ClusterNode.vms": by(vms.nodeId),
    "User.vms": by(vms.ownerId),
    "Tenant.vms": by(vms.tenantId),
    "VmTemplate.vms": by(vms.templateId),
  },
});
