import type postgres from "postgres";

// Row i of a kind refers to row i of the others, so the values are expressions of `i`.

/** The values of the rows of one tenant, as SQL. */
export interface RowValues {
  /** The tenant's number. */
  tenant: number;
  tenantId: string;
  /** Seven rows each share a time, and the times are a microsecond apart. */
  at: string;
  name: string;
  /** Returns the id of a row of this kind. The kinds of all databases are in `../kinds.ts`, which imports the kinds of each. */
  id(kind: string, number?: string): string;
  oneOf(type: string, ...values: string[]): string;
}

/** Inserts rows, by default as many as the fleet has of each kind. */
export type Insert = (table: string, columns: Record<string, string>, rows?: number) => Promise<unknown>;

/** @param prefixOf returns the beginning of the ids of a kind */
export const valuesOf = (tenant: number, prefixOf: (kind: string) => string): RowValues => {
  const id: RowValues["id"] = (kind, number = "i") => `('${prefixOf(kind)}' || lpad(to_hex(${number}), 12, '0'))::uuid`;
  return {
    tenant,
    tenantId: `'${prefixOf("tenant")}${"1".padStart(12, "0")}'`,
    at: "timestamptz '2026-03-01 10:00:00.123456+00' + (i / 7) * interval '1 microsecond'",
    name: `'t${tenant} n' || (i * 7919) % 10007`,
    id,
    oneOf: (type, ...values) => `(array['${values.join("','")}'])[1 + i % ${values.length}]::${type}`,
  };
};

export const insertInto =
  (sql: postgres.Sql, count: number): Insert =>
  (table, columns, rows = count) =>
    sql.unsafe(
      `insert into ${table} (${Object.keys(columns).join(", ")}) select ${Object.values(columns).join(", ")} from generate_series(1, ${rows}) i`,
    );
