import { vmMetricsRowFilter } from "#db/monitoring/vm-metrics-filter.ts";
import type { RowFilter } from "#db/row-filter.ts";
import type { EventOf } from "#events/event.ts";
import { found } from "#lib/graphql/arguments.ts";
import type { LiveField } from "#lib/live/live-field.ts";
import type { MonitoringContext } from "../../context.ts";
import type { SubscriptionVmMetricsArgs } from "../../generated/resolvers.ts";
import type { VmMetrics } from "../../mappers.ts";
import { everyMs } from "../../metrics/every.ts";

type FilterValues = Readonly<Record<string, unknown>>;

// A subscription has one filter object for as long as it lives, and every VM is compared with it.
const rowFilters = new WeakMap<FilterValues, RowFilter>();
const unfiltered = vmMetricsRowFilter(undefined);

function rowFilterOf(filter: FilterValues | null | undefined): RowFilter {
  if (!filter) return unfiltered;
  const known = rowFilters.get(filter);
  if (known) return known;
  const made = vmMetricsRowFilter(filter);
  rowFilters.set(filter, made);
  return made;
}

/** Collects the ids of VMs with new samples. The newest sample of each VM is read when it is emitted, and so is what the filter says about the VM. */
export const vmMetrics: LiveField<
  SubscriptionVmMetricsArgs,
  MonitoringContext,
  string,
  Promise<VmMetrics>,
  EventOf<"vm_metrics.written">
> = {
  types: ["vm_metrics.written"],
  valuesFor: ({ filter }) => {
    const isListed = rowFilterOf(filter);
    return ({ occurredAt, payload }) => {
      const at = new Date(occurredAt);
      return payload.vmIds.filter((vmId) => isListed({ vmId }, at) !== undefined);
    };
  },
  everyMs: ({ every }) => everyMs(every),
  admits: async (vmId, { filter }, { loaders }) => {
    const isListed = rowFilterOf(filter);
    const needsVm = isListed({ vmId }, new Date())?.length !== 0;
    const [sample, known] = await Promise.all([
      loaders.latestVmMetrics.load(vmId),
      needsVm ? loaders.projectedVmById.load(vmId) : null,
    ]);
    if (sample === null || !needsVm) return sample !== null;
    return known !== null && isListed({ vmId, nodeId: known.nodeId, tags: known.tags }, new Date())?.length === 0;
  },
  resolve: async (id, _args, { loaders }) => found(await loaders.latestVmMetrics.load(id), "sample"),
};
