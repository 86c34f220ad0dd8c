import { nodeSeriesMetrics } from "#db/monitoring/system-metrics.ts";
import { selects } from "#lib/graphql/connections.ts";
import type { ClusterNodePlatformResolvers } from "../generated/resolvers.ts";
import { seriesRequest } from "../metrics/series-request.ts";

export const ClusterNodePlatform: ClusterNodePlatformResolvers = {
  latestMetrics: ({ id }, _args, { loaders }) => loaders.latestNodeMetrics.load(id),
  metrics: ({ id }, args, { loaders }, info) =>
    loaders.nodeMetricSeries.load(id, info, () => ({
      ...seriesRequest(args),
      metrics: nodeSeriesMetrics.filter((metric) => selects(info, metric)),
    })),
};
