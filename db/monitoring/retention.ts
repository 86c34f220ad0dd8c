import { sql } from "drizzle-orm";
import type { Tx } from "../client.ts";
import { statement } from "../statement.ts";

const drop = statement<{ dropped: number }>(
  () => sql`
    select drop_metric_partitions(${sql.placeholder("metrics")}::text, ${sql.placeholder("before")}::text::timestamptz) as dropped`,
);

/** How long raw samples are kept. The hourly rollup is kept forever. */
export const rawRetentionDays = { vm_metrics: 90, system_metrics: 180 } as const;

const dayMs = 86_400_000;

/**
 * Drops the days of raw samples that are older than their retention and not held; only for the system role. Each call drops at most 32 days of each table, so
 * that no transaction holds many locks: repeat while it returns more than 0. It fails at once (55P03) when a long query holds the table; the next run of the
 * job finds the same days.
 * @returns how many partitions were dropped
 */
export async function dropOldMetrics(
  tx: Tx,
  now: Date,
  days: Readonly<Record<keyof typeof rawRetentionDays, number>> = rawRetentionDays,
): Promise<number> {
  let dropped = 0;
  for (const metrics of ["vm_metrics", "system_metrics"] as const) {
    const before = new Date(now.getTime() - days[metrics] * dayMs).toISOString();
    dropped += (await tx.run(drop, { metrics, before }))[0]?.dropped ?? 0;
  }
  return dropped;
}
