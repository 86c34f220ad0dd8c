import { fillPlaceholders, type SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";

/**
 * One SQL statement, compiled once from a Drizzle template with `sql.placeholder(…)` for its values and kept as text. Building a query anew at each call costs
 * several times what running a server-prepared one does (docs/architecture.md).
 * `Row` is the shape of one row, keyed by column alias.
 */
export interface Statement<Row> {
  text(): string;
  parameters(values: Readonly<Record<string, unknown>>): unknown[];
  /** Never set: carries the row type. */
  readonly row?: Row;
}

const dialect = new PgDialect();

export function statement<Row>(build: () => SQL): Statement<Row> {
  let compiled: { sql: string; params: unknown[] } | undefined;
  const query = () => (compiled ??= dialect.sqlToQuery(build()));
  return {
    text: () => query().sql,
    parameters: (values) => fillPlaceholders(query().params, values),
  };
}
