import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { statement } from "../statement.ts";

/** The least time that changes are kept. The database refuses to remove younger ones. */
export const shortestRetentionSeconds = 31 * 86_400;

const ensurePartitions = statement<{ made: number }>(() => sql`select ensure_change_partitions() as made`);
const dropPartitions = statement<{ dropped: number }>(
  () =>
    sql`select drop_change_partitions(now() - make_interval(secs => ${sql.placeholder("seconds")}::float8)) as dropped`,
);

/**
 * Prepares the partition of the next month, and removes the months of the change history that ended longer ago than the retention. Several programs may call it
 * at once. Removes nothing after the signal.
 * @returns how many months were removed
 * @throws PublicError WRITE_CONFLICT when a transaction uses the history for long; the next call then removes them
 */
export async function removeOldChanges(
  system: Database,
  retentionSeconds: number,
  signal?: AbortSignal,
): Promise<number> {
  await system.run(ensurePartitions);
  if (signal?.aborted) return 0;
  const [result] = await system.run(dropPartitions, { seconds: retentionSeconds });
  return result?.dropped ?? 0;
}
