import { pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import { tenantId, tenantPolicy, timestamptz } from "../../columns.ts";
import { rateColumns, sampleColumns, vmMetricColumns } from "../metric-columns.ts";

/**
 * The newest sample of every VM, written with the batch that brought it, so that a dashboard's live values take one read by primary key. Fillfactor 50 (set in
 * the migration) keeps these constant updates on their page.
 *
 * The `…_per_second` columns hold each counter's rate since the previous sample, null when that is unknown or too old. The tenant is part of the key, so that a
 * batch can never conflict with a row of another tenant and be rejected because of it.
 */
export const vmMetricsLatest = pgTable(
  "vm_metrics_latest",
  {
    tenantId: tenantId(),
    vmId: uuid("vm_id").notNull(),
    nodeId: uuid("node_id"),
    time: timestamptz("time").notNull(),
    /** The previous sample, against which the rates are computed. */
    previousTime: timestamptz("previous_time"),
    ...sampleColumns(vmMetricColumns),
    ...rateColumns(vmMetricColumns),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.vmId] }), tenantPolicy("monitoring", table.tenantId)],
);

export type VmMetricLatestRow = typeof vmMetricsLatest.$inferSelect;
