import { nodeSeriesMetrics } from "#db/monitoring/system-metrics.ts";
import { selects } from "#lib/relay.ts";
import { requirePermission } from "#lib/request-context.ts";
import type { ClusterNodeResolvers } from "../generated/resolvers.ts";
import { seriesRequest } from "../metrics/series-request.ts";

// Samples of nodes have no tenant: they are guarded by a permission, where everything else is by the tenant of its row.
const nodeMetricsPermission = "node:read";

export const ClusterNode: ClusterNodeResolvers = {
  latestMetrics: ({ id }, _args, { loaders, request }) => {
    requirePermission(request.identity, nodeMetricsPermission);
    return loaders.latestNodeMetrics.load(id);
  },
  metrics: ({ id }, args, { loaders, request }, info) => {
    requirePermission(request.identity, nodeMetricsPermission);
    return loaders.nodeMetricSeries.load(id, info, () => ({
      ...seriesRequest(args),
      metrics: nodeSeriesMetrics.filter((metric) => selects(info, metric)),
    }));
  },
  alerts: ({ id }, args, { loaders }, info) => loaders.alertsOnNode.load(id, args, info),
};
