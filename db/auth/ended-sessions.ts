import { sql } from "drizzle-orm";
import type { WriteTx } from "../client.ts";
import { statement } from "../statement.ts";
import { userSessions } from "./schema/user-sessions.ts";

/** For how many days a session is kept after it ended. */
const sessionRetentionDays = 90;

const remove = statement<never>(
  () => sql`
    delete from ${userSessions} where ${userSessions.id} in (
      select ${userSessions.id} from ${userSessions}
      where ${userSessions.expiresAt} < ${sql.placeholder("now")}::timestamptz - make_interval(days => ${sql.placeholder("days")}::int)
      order by ${userSessions.expiresAt} limit ${sql.placeholder("limit")}::int)`,
);

/**
 * Removes some sessions of all tenants that ended before their retention, the oldest first; only for the system role. Of several programs that remove the same
 * sessions, the second one waits for the first and removes nothing of them.
 * @returns how many it removed; fewer than the limit when none is left
 */
export const removeEndedSessions = (tx: WriteTx, now: Date, limit: number): Promise<number> =>
  tx.execute(remove, { now: now.toISOString(), days: sessionRetentionDays, limit });
