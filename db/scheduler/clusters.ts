import { contains, during, oneOf } from "../filters.ts";
import { defineList } from "../list.ts";
import { lookup } from "../lookup.ts";
import { type ClusterRow, clusters } from "./schema/clusters.ts";

export const clusterById = lookup<ClusterRow>({ table: clusters });

export const clusterList = defineList<ClusterRow>({
  table: clusters,
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
