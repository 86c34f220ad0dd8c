import type { PayloadOf } from "#events/catalogue.ts";
import type { monitoringEvents } from "#events/monitoring.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { idFilter } from "#lib/live/subscription-filters.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionNodeMetricsArgs } from "../../generated/resolvers.ts";
import type { NodeMetrics } from "../../mappers.ts";
import { everyMs } from "../../metrics/every.ts";

type Written = PayloadOf<(typeof monitoringEvents)["node_metrics.written"]>;

/** Collects the ids of nodes with new samples. The newest sample of each node is read when it is emitted. */
export const nodeMetrics: LiveField<SubscriptionNodeMetricsArgs, MonitoringContext, string, Promise<NodeMetrics>> = {
  types: ["node_metrics.written"],
  ofPlatform: true,
  valuesFor: ({ nodeIds }) => {
    const node = idFilter(nodeIds, "nodeIds");
    return ({ payload }) => (payload as Written).nodeIds.filter(node);
  },
  everyMs: ({ every }) => everyMs(every),
  admits: async (id, _args, { loaders }) => (await loaders.latestNodeMetrics.load(id)) !== null,
  resolve: async (id, _args, { loaders }) => found(await loaders.latestNodeMetrics.load(id), "sample"),
};
