import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Changes } from "./changes.ts";
import type { WriteTx } from "./client.ts";
import { upsert, type UpsertOptions } from "./upsert.ts";

/** A row that was recorded elsewhere. It belongs to the tenant of the transaction that writes it, or to none. */
export type RecordedRow<T extends PgTable> = Omit<T["$inferInsert"], "tenantId">;

type Existing<T extends PgTable> = Partial<Pick<UpsertOptions<T>, "onConflict" | "update">>;

/**
 * Returns a function that writes recorded rows into a table, whatever their number, with their events. Existing rows stay as they are, unless `existing` names
 * the properties to update. The function returns how many rows were inserted or changed.
 */
export const recorder = <T extends PgTable>(emits: Changes<T>, existing: Existing<T> = {}) => {
  const { table } = emits;
  const hasTenant = "tenantId" in getTableColumns(table);
  const options = { onConflict: ["id"], update: "none", ...existing, emits } as unknown as UpsertOptions<T>;
  return (tx: WriteTx, rows: readonly RecordedRow<T>[]): Promise<number> => {
    const owned = hasTenant ? rows.map((row) => ({ ...row, tenantId: tx.tenantId })) : rows;
    // The compiler does not know that the tenant is the only property that was left out.
    return upsert(tx, table, owned as readonly T["$inferInsert"][], options);
  };
};
