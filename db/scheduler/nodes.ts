import { contains, during, hasTags, isNull, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { by } from "../list.ts";
import { nodeHistory } from "./change-history.ts";
import { nodes } from "./schema/nodes.ts";

export const nodeEntity = defineEntity({
  table: nodes,
  history: nodeHistory,
  filters: {
    id: oneOf(nodes.id),
    name: oneOf(nodes.name),
    ipAddress: oneOf(nodes.ipAddress),
    type: oneOf(nodes.nodeType),
    status: oneOf(nodes.status),
    cluster: oneOf(nodes.clusterId),
    region: oneOf(nodes.region),
    availabilityZone: oneOf(nodes.availabilityZone),
    gpuModel: oneOf(nodes.gpuModel),
    labels: hasTags(nodes.labels),
    lastHeartbeatAt: during(nodes.lastHeartbeat),
    neverSeen: isNull(nodes.lastHeartbeat),
    createdAt: during(nodes.createdAt),
    text: contains(nodes.name, nodes.hostname),
  },
  orders: {
    CREATED_AT: nodes.createdAt,
    UPDATED_AT: nodes.updatedAt,
    NAME: nodes.name,
    STATUS: nodes.status,
  },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
  under: {
    "Cluster.nodes": by(nodes.clusterId),
  },
});
