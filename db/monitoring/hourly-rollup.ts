import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";

const rollup = {
  vm: statement<{ hours: number }>(() => sql`select refresh_vm_metrics_hourly(24) as hours`),
  system: statement<{ hours: number }>(() => sql`select refresh_system_metrics_hourly(24) as hours`),
};

/**
 * A fresh partition has no statistics. Without them, the planner reads all samples for every hour instead of finding the hour's samples by index: six times
 * slower after an import. For a large fleet, some hours are sorted in memory.
 */
const byIndex = statement<never>(
  () => sql`select set_config('enable_mergejoin', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('work_mem', '64MB', true)`,
);

/** Rolls up marked hours, some at a time; only for the system role. Returns how many hours, 0 when all are done. */
export async function refreshHourly(tx: WriteTx, stream: "vm" | "system"): Promise<number> {
  await tx.run(byIndex);
  return (await tx.run(rollup[stream]))[0]?.hours ?? 0;
}
