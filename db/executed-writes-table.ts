import { pgTable, timestamp, uuid } from "drizzle-orm/pg-core";

/**
 * Calls of other processes that have written, the same in every domain's database: one that is captured and sent again, to whichever process of
 * the subgraph, is refused. Rows are kept for a minute. The migration `refuse_repeated_writes` has the grants.
 */
export const executedWritesTable = () =>
  pgTable("executed_writes", {
    nonce: uuid("nonce").primaryKey(),
    executedAt: timestamp("executed_at", { withTimezone: true, mode: "date" }).notNull().defaultNow(),
  });
