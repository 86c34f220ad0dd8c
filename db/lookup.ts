import { type Column, sql } from "drizzle-orm";
import { isUuid } from "#lib/uuid.ts";
import type { Tx } from "./client.ts";
import { columnOf, selectList, type Source, visibleTo } from "./rows.ts";
import { statement } from "./statement.ts";

/** Maps keys to the row of each, in the order of the keys; null where no row is visible or the key is no UUID. */
export type Lookup<Row> = (tx: Tx, keys: readonly string[]) => Promise<(Row | null)[]>;

/**
 * Returns the batch read of an entity: one statement for all keys of a request.
 * @param key property of a unique UUID column; `id` by default
 */
export function lookup<Row>(source: Source, key = "id"): Lookup<Row> {
  const column: Column = columnOf(source.table, key);
  const rowsByKey = statement<Row>(
    () => sql`select ${selectList(source)} from ${source.table}
      where ${column} = any(${sql.placeholder("keys")}::uuid[]) and ${visibleTo(source)}`,
  );
  return async (tx, keys) => {
    const ids = keys.filter(isUuid);
    const rows = ids.length > 0 ? await tx.run(rowsByKey, { keys: ids, tenantId: tx.tenantId }) : [];
    const found = new Map(rows.map((row) => [(row as Record<string, unknown>)[key], row]));
    return keys.map((id) => found.get(id.toLowerCase()) ?? null);
  };
}
