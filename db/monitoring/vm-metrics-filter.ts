import { sql } from "drizzle-orm";
import { type Filter, hasTags, oneOf } from "../filters.ts";
import { conditionsIn, rowFilter } from "../row-filter.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { projectedVms } from "./schema/projected-vms.ts";
import { vmMetricsLatest } from "./schema/vm-metrics-latest.ts";

type FilterValues = Readonly<Record<string, unknown>>;

/** The sample's VM, as this domain knows it, meets the condition. */
const ofVm =
  (filter: Filter): Filter =>
  (name, value, argument) => {
    const condition = filter(name, value, argument);
    return {
      ...condition,
      sql: sql`exists (select from ${projectedVms}
        where ${projectedVms.id} = ${vmMetricsLatest.vmId} and ${ofTenant(projectedVms.tenantId)} and ${condition.sql})`,
    };
  };

const filters = {
  vm: oneOf(vmMetricsLatest.vmId),
  node: ofVm(oneOf(projectedVms.nodeId)),
  tags: ofVm(hasTags(projectedVms.tags)),
};

/** Returns the conditions of a filter of the newest samples of VMs. @throws InvalidArgument */
export const vmMetricsConditions = (filter: FilterValues | null | undefined) => conditionsIn(filters, filter ?? {});

/** Decides about a sample by its `vmId`, and by `nodeId` and `tags` of its VM. @throws InvalidArgument */
export const vmMetricsRowFilter = (filter: FilterValues | null | undefined) => rowFilter(vmMetricsConditions(filter));
