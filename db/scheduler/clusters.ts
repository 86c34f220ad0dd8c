import { contains, during, oneOf } from "../filters.ts";
import { defineEntity } from "../entity.ts";
import { clusterHistory } from "./change-history.ts";
import { clusters } from "./schema/clusters.ts";

export const clusterEntity = defineEntity({
  table: clusters,
  history: clusterHistory,
  filters: {
    id: oneOf(clusters.id),
    name: oneOf(clusters.name),
    type: oneOf(clusters.clusterType),
    status: oneOf(clusters.status),
    createdAt: during(clusters.createdAt),
    text: contains(clusters.name, clusters.description),
  },
  orders: { CREATED_AT: clusters.createdAt, NAME: clusters.name, STATUS: clusters.status },
  defaultOrder: { field: "CREATED_AT", direction: "DESC" },
});
