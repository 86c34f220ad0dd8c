import type { Database, Scope } from "#db/client.ts";
import { ensureMetricRange, holdRange } from "#db/monitoring/metric-ranges.ts";

/** Seconds since the epoch. */
export interface TimeRange {
  from: number;
  to: number;
}

export type SampleTable = "vm_metrics" | "system_metrics";

/** Creates the partitions for samples of a range. It uses transactions of its own, because it may wait for another program that creates the same ones. */
export async function makeRoom(
  database: Database,
  scope: Scope,
  tables: readonly SampleTable[],
  range: TimeRange,
): Promise<void> {
  for (const table of tables) await database.write(scope, (tx) => ensureMetricRange(tx, table, range));
}

/**
 * Creates the partitions for samples of VMs in a range (`to` exclusive), and protects them from retention. They are protected before the samples are written, so
 * that retention never finds samples without their protection.
 */
export const makeHeldRoom = (
  database: Database,
  scope: Scope,
  range: TimeRange,
  hold: { dataset: string; reason: string },
): Promise<void> =>
  database.write(scope, async (tx) => {
    await holdRange(tx, { ...range, ...hold });
    await ensureMetricRange(tx, "vm_metrics", { ...range, to: range.to - 1 });
  });
