import { vmSeriesMetrics } from "#db/monitoring/vm-metrics.ts";
import { selects } from "#lib/graphql/connections.ts";
import type { VmResolvers } from "../generated/resolvers.ts";
import { seriesRequest } from "../metrics/series-request.ts";

export const Vm: VmResolvers = {
  latestMetrics: ({ id }, _args, { loaders }) => loaders.latestVmMetrics.load(id),
  metrics: ({ id }, args, { loaders }, info) =>
    loaders.vmMetricSeries.load(id, info, () => ({
      ...seriesRequest(args),
      metrics: vmSeriesMetrics.filter((metric) => selects(info, metric)),
    })),
};
