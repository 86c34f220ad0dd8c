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
    const condition = oneOf(one)(name, value, argument);
    return {
      ...condition,
      sql: sql`(${condition.sql} or ${oneOf(other)(name, value, argument).sql})`,
    };
  };
