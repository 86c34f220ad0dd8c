import { pgTable, timestamp, uuid } from "drizzle-orm/pg-core";

/**
 * Calls of other processes that have written, the same in every domain's database. A call that is captured and sent again, to any process of the subgraph, is
 * rejected. Rows are kept for a minute. The migration `refuse_repeated_writes` has the grants.
 */
export const executedWritesTable = () =>
  pgTable("executed_writes", {
    nonce: uuid("nonce").primaryKey(),
    executedAt: timestamp("executed_at", { withTimezone: true, mode: "date" }).notNull().defaultNow(),
  });
