import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { metricRetentionHolds } from "./schema/metric-retention-holds.ts";

const hold = statement<{ id: string }>(
  () => sql`
    insert into ${metricRetentionHolds} (dataset, held_from, held_to, reason)
    values (${sql.placeholder("dataset")}, to_timestamp(${sql.placeholder("from")}::float8),
      to_timestamp(${sql.placeholder("to")}::float8), ${sql.placeholder("reason")})
    on conflict (dataset, held_from, held_to) do nothing returning id`,
);

/** Prevents retention from dropping a range (seconds since the epoch, `to` exclusive). */
export async function holdRange(tx: WriteTx, range: { dataset: string; from: number; to: number; reason: string }) {
  await tx.run(hold, range);
}

const ensure = statement<{ made: number }>(
  () => sql`
    select ensure_metric_partitions(${sql.placeholder("metrics")}::text, to_timestamp(${sql.placeholder("from")}::float8),
      to_timestamp(${sql.placeholder("to")}::float8)) as made`,
);

/**
 * Creates partitions for samples of a range (seconds since the epoch). Call it in a transaction of its own before the samples are written: it may wait for
 * another program that does the same.
 */
export async function ensureMetricRange(
  tx: WriteTx,
  metrics: "vm_metrics" | "system_metrics",
  range: { from: number; to: number },
): Promise<void> {
  await tx.run(ensure, { metrics, ...range });
}
