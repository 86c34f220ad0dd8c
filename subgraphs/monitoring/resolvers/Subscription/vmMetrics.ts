import type { PayloadOf } from "#events/catalogue.ts";
import type { monitoringEvents } from "#events/monitoring.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import { idFilter, tagFilter } from "#lib/live/subscription-filters.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionVmMetricsArgs } from "../../generated/resolvers.ts";
import type { VmMetrics } from "../../mappers.ts";
import { everyMs } from "../../metrics/every.ts";

type Written = PayloadOf<(typeof monitoringEvents)["vm_metrics.written"]>;

/** Collects the ids of VMs with new samples. The newest sample of each VM is read when it is emitted. */
export const vmMetrics: LiveField<SubscriptionVmMetricsArgs, MonitoringContext, string, Promise<VmMetrics>> = {
  types: ["vm_metrics.written"],
  valuesFor: ({ vmIds, filter }) => {
    const vm = idFilter(vmIds, "vmIds");
    // Rejects an invalid filter before the log is followed.
    wantedNodeAndTags(filter);
    return ({ payload }) => (payload as Written).vmIds.filter(vm);
  },
  everyMs: ({ every }) => everyMs(every),
  admits: async (id, { filter }, { loaders }) => {
    const [sample, known] = await Promise.all([
      loaders.latestVmMetrics.load(id),
      filter ? loaders.projectedVmById.load(id) : null,
    ]);
    return sample !== null && (!filter || (known !== null && wantedNodeAndTags(filter)(known)));
  },
  resolve: async (id, _args, { loaders }) => found(await loaders.latestVmMetrics.load(id), "sample"),
};

function wantedNodeAndTags(filter: SubscriptionVmMetricsArgs["filter"]) {
  const node = idFilter(filter?.node, "filter.node");
  const tags = tagFilter(filter?.tags, "filter.tags");
  return (vm: { nodeId: string | null; tags: Record<string, string> }) => node(vm.nodeId) && tags(vm.tags);
}
