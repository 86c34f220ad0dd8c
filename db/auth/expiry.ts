import { type Column, sql } from "drizzle-orm";
import type { Filter } from "../filters.ts";

// "Now" is the beginning of the transaction, so that a page and its count agree.

/** `true`: the moment is over; `false`: it is to come, or there is none. For what expires. */
export const isOver =
  (column: Column): Filter =>
  (name, value) => ({
    shape: `${name}:${String(value)}`,
    sql: value === true ? sql`${column} <= now()` : sql`(${column} is null or ${column} > now())`,
    values: {},
  });

/** `true`: the moment is to come; `false`: it is over, or there is none. For what holds until then. */
export const isToCome =
  (column: Column): Filter =>
  (name, value) => ({
    shape: `${name}:${String(value)}`,
    sql: value === true ? sql`${column} > now()` : sql`(${column} is null or ${column} <= now())`,
    values: {},
  });
