import { type Column, sql } from "drizzle-orm";
import { type Filter, oneOf } from "../filters.ts";
import type { BelongsTo } from "../list.ts";

// A migration has a source and a target, and an optimization has a before and an after. So a row belongs to a provider or a node by either of two columns.

/** Rows in which one of two columns is the parent's key. Each column has its own index, and PostgreSQL combines the two. */
export const byEitherColumn =
  (one: Column, other: Column): BelongsTo =>
  (parent) =>
    sql`(${one} = ${parent} or ${other} = ${parent})`;

/** One of two columns equals one of the listed values. */
export const eitherColumnOneOf =
  (one: Column, other: Column): Filter =>
  (name, value, argument) => {
    const [first, second] = [oneOf(one)(name, value, argument), oneOf(other)(name, value, argument)];
    const [a, b] = [first.test, second.test];
    return {
      ...first,
      sql: sql`(${first.sql} or ${second.sql})`,
      test: a &&
        b && {
          properties: [...a.properties, ...b.properties],
          holds: (row, at) => a.holds(row, at) || b.holds(row, at),
        },
    };
  };
