import { type Column, getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { rowCounter } from "./columns.ts";

/**
 * Returns the assignments that count a write to an existing row: its counter plus one, and `updated_at`, as far as the table has them. Every statement that
 * changes a row and emits its event has them, as `set name = …, ${countedWrite(users)}`: a later event of an entity has a higher version.
 */
export function countedWrite(table: PgTable): SQL {
  const set = countingAssignments(table, []);
  if (set.length === 0) throw new Error(`The table ${getTableName(table)} does not count its writes.`);
  return sql.join(set, sql`, `);
}

/** Returns the same assignments one by one, without those of columns that the statement sets itself. */
export function countingAssignments(table: PgTable, given: readonly Column[]): SQL[] {
  const { updatedAt } = getTableColumns(table) as Record<string, Column>;
  const counter = rowCounter(table);
  const name = (column: Column) => sql.identifier(column.name);
  return [
    ...(counter && !given.includes(counter) ? [sql`${name(counter)} = ${table}.${name(counter)} + 1`] : []),
    ...(updatedAt && !given.includes(updatedAt) ? [sql`${name(updatedAt)} = now()`] : []),
  ];
}
