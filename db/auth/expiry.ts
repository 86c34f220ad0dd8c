import { type Column, sql } from "drizzle-orm";
import type { Filter } from "../filters.ts";

// "Now" is the beginning of the transaction, so that a page and its count agree.

/** `true`: the moment has passed; `false`: it is in the future, or there is none. For rows that expire. */
export const isOver =
  (column: Column): Filter =>
  (name, value) => ({
    shape: `${name}:${String(value)}`,
    sql: value === true ? sql`${column} <= now()` : sql`(${column} is null or ${column} > now())`,
    values: {},
  });

/** `true`: the moment is in the future; `false`: it has passed, or there is none. For rows that are valid until then. */
export const isToCome =
  (column: Column): Filter =>
  (name, value) => ({
    shape: `${name}:${String(value)}`,
    sql: value === true ? sql`${column} > now()` : sql`(${column} is null or ${column} <= now())`,
    values: {},
  });
