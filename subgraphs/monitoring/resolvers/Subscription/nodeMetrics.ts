import { nodeMetricsRowFilter } from "#db/monitoring/node-metrics-filter.ts";
import type { EventOf } from "#events/event.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionNodeMetricsArgs } from "../../generated/resolvers.ts";
import type { NodeMetrics } from "../../mappers.ts";
import { everyMs } from "../../metrics/every.ts";

/** Collects the ids of nodes with new samples. The newest sample of each node is read when it is emitted. */
export const nodeMetrics: LiveField<
  SubscriptionNodeMetricsArgs,
  MonitoringContext,
  string,
  Promise<NodeMetrics>,
  EventOf<"node_metrics.written">
> = {
  types: ["node_metrics.written"],
  ofPlatform: true,
  valuesFor: ({ filter }) => {
    const isListed = nodeMetricsRowFilter(filter);
    return ({ occurredAt, payload }) => {
      const at = new Date(occurredAt);
      return payload.nodeIds.filter((nodeId) => isListed({ nodeId }, at) !== undefined);
    };
  },
  everyMs: ({ every }) => everyMs(every),
  admits: async (id, _args, { loaders }) => (await loaders.latestNodeMetrics.load(id)) !== null,
  resolve: async (id, _args, { loaders }) => found(await loaders.latestNodeMetrics.load(id), "sample"),
};
