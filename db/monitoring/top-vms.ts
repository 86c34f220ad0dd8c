import { type Column, sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { selectList } from "../rows.ts";
import { statement } from "../statement.ts";
import { ofTenant } from "../tenant-predicate.ts";
import type { Metric } from "./metrics.ts";
import { projectedVms } from "./schema/projected-vms.ts";
import { type VmMetricLatestRow, vmMetricsLatest } from "./schema/vm-metrics-latest.ts";
import { vmSeriesMetrics, type VmSeriesMetric } from "./vm-metrics.ts";

/**
 * Sorts the newest sample of each of the tenant's VMs. There is no index by metric: it would change with each sample of each VM, and the writes of this table
 * would no longer stay on their page.
 */
const topBy = (column: Column) =>
  statement<VmMetricLatestRow>(
    () => sql`
    select ${selectList({ table: vmMetricsLatest })} from ${vmMetricsLatest}
    where ${ofTenant(vmMetricsLatest.tenantId)} and ${column} is not null
      and (${sql.placeholder("maxAge")}::float8 is null or ${vmMetricsLatest.time} >= now() - make_interval(secs => ${sql.placeholder("maxAge")}::float8))
      and not exists (select from ${projectedVms}
        where ${projectedVms.id} = ${vmMetricsLatest.vmId} and ${ofTenant(projectedVms.tenantId)} and ${projectedVms.state} = 'deleted')
    order by ${column} desc, ${vmMetricsLatest.vmId} limit ${sql.placeholder("first")}::int`,
  );

const statements = Object.fromEntries(
  vmSeriesMetrics.map((metric) => [metric, topBy(vmMetricsLatest[metric])]),
) as Record<VmSeriesMetric, ReturnType<typeof topBy>>;

/** Returns whether VMs have this metric, so that they can be compared by it. */
export const isVmMetric = (metric: Metric): metric is VmSeriesMetric => Object.hasOwn(statements, metric);

/** @param maxAgeSeconds null accepts samples of any age */
export const topVms = (tx: Tx, by: VmSeriesMetric, first: number, maxAgeSeconds: number | null) =>
  tx.run(statements[by], { first, maxAge: maxAgeSeconds, tenantId: tx.tenantId });
