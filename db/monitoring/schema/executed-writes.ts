import { executedWritesTable } from "../../executed-writes-table.ts";

export const executedWrites = executedWritesTable();
