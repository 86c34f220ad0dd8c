import { type Column, type SQL, sql } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import type { Tx } from "../client.ts";
import { selectList } from "../rows.ts";
import { type Statement, statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { projectedVms } from "./schema/projected-vms.ts";
import { type VmMetricLatestRow, vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmMetricsConditions } from "./vm-metrics-filter.ts";
import { vmSeriesMetrics, type VmSeriesMetric } from "./vm-metrics.ts";

/**
 * Sorts the newest sample of each of the tenant's VMs. There is no index by metric: it would change with each sample of each VM, and the writes of this table
 * would no longer stay on their page.
 */
const topBy = (column: Column, conditions: readonly SQL[]) =>
  statement<VmMetricLatestRow>(
    () => sql`
    select ${selectList({ table: vmMetricsLatest })} from ${vmMetricsLatest}
    where ${sql.join([ofTenant(vmMetricsLatest.tenantId), ...conditions], sql` and `)} and ${column} is not null
      and (${sql.placeholder("maxAge")}::float8 is null or ${vmMetricsLatest.time} >= now() - make_interval(secs => ${sql.placeholder("maxAge")}::float8))
      and not exists (select from ${projectedVms}
        where ${projectedVms.id} = ${vmMetricsLatest.vmId} and ${ofTenant(projectedVms.tenantId)} and ${projectedVms.state} = 'deleted')
    order by ${column} desc, ${vmMetricsLatest.vmId} limit ${sql.placeholder("first")}::int`,
  );

/** Returns whether VMs have this metric, so that they can be compared by it. */
export const isVmMetric = (metric: string): metric is VmSeriesMetric =>
  (vmSeriesMetrics as readonly string[]).includes(metric);

export interface TopVmsRequest {
  by: VmSeriesMetric;
  first: number;
  /** Null accepts samples of any age. */
  maxAgeSeconds: number | null;
  filter: Readonly<Record<string, unknown>> | null | undefined;
}

// Bounded by the metrics and the combinations of filters.
const statements = new LRUCache<string, Statement<VmMetricLatestRow>>({ max: 200 });

/** @throws InvalidArgument for an invalid filter */
export const topVms = (tx: Tx, { by, first, maxAgeSeconds, filter }: TopVmsRequest): Promise<VmMetricLatestRow[]> => {
  const conditions = vmMetricsConditions(filter);
  const shape = [by, ...conditions.map((condition) => condition.shape)].join("|");
  let top = statements.get(shape);
  if (!top) {
    top = topBy(
      vmMetricsLatest[by],
      conditions.map((condition) => condition.sql),
    );
    statements.set(shape, top);
  }
  const values = Object.assign({}, ...conditions.map((condition) => condition.values)) as Record<string, unknown>;
  return tx.run(top, { ...values, first, maxAge: maxAgeSeconds, tenantId: tx.tenantId });
};
