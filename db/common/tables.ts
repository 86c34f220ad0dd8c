import { changeHistoryTables } from "../change-history/tables.ts";
import type { Domain } from "../columns.ts";
import { eventLogTables } from "../event-log/tables.ts";
import { executedWritesTable } from "../executed-writes-table.ts";
import { operationTables } from "../operations/tables.ts";

/** Returns the tables that every database has, whatever its domain. Their migrations are the templates in `migrations/`. */
export const commonTables = (domain: Domain) => ({
  ...eventLogTables(domain),
  executedWrites: executedWritesTable(),
  ...operationTables(domain),
  ...changeHistoryTables(domain),
});
