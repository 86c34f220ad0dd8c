import { sql } from "drizzle-orm";
import type { ExecutedWrites } from "#lib/subgraph/executed-writes.ts";
import { log } from "#lib/observability/log.ts";
import { longestBeliefMs } from "#lib/trust/signed-context.ts";
import type { Database } from "./client.ts";
import { statement } from "./statement.ts";

/**
 * Commits without waiting for the disk: the write that follows flushes the log, and this row is before it. When a crash loses the row, it has lost the write as
 * well, and the call may be executed again.
 */
const remember = statement<{ nonce: string }>(
  () => sql`
    with unflushed as (select set_config('synchronous_commit', 'off', true))
    insert into executed_writes (nonce) select ${sql.placeholder("nonce")}::uuid from unflushed
    on conflict do nothing returning nonce`,
);

// Compared by the database's clock only, which may be ahead of or behind the caller's clock.
const keptMs = 3 * longestBeliefMs;
const forget = statement<never>(
  () => sql`delete from executed_writes where executed_at < now() - ${sql.raw(`interval '${keptMs} milliseconds'`)}`,
);
const forgetEveryMs = 10_000;

/** Returns the record of executed writes, shared by all processes that use the database. */
export function executedWrites(database: Database): ExecutedWrites {
  let forgottenAt = performance.now();
  return {
    remember: async (nonce) => {
      const now = performance.now();
      if (now - forgottenAt > forgetEveryMs) {
        forgottenAt = now;
        database.run(forget).catch((error: unknown) => {
          log.subgraph.warn({ err: error, database: database.domain }, "old executed writes were not removed");
        });
      }
      return (await database.run(remember, { nonce })).length > 0;
    },
  };
}
