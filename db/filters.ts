import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm";
import { validText } from "#lib/graphql/arguments.ts";
import { InvalidArgument } from "#lib/errors.ts";
import { isUuid } from "#lib/uuid.ts";

/** One condition of a list, as SQL text with placeholders and their values. Conditions with equal `shape` have equal text. */
export interface Condition {
  shape: string;
  sql: SQL;
  values: Record<string, unknown>;
  /** The same condition of a row that is known without a query. Absent where only the database can decide it. */
  test?: RowTest | undefined;
}

/** The known properties of a row, as a select or the JSON of an event returns them. */
export type KnownRow = Readonly<Record<string, unknown>>;

export interface RowTest {
  /** The properties that decide. */
  properties: readonly string[];
  /** @param at the time that the statement's `now()` would return */
  holds(row: KnownRow, at: Date): boolean;
}

/**
 * Converts one field of a GraphQL filter to SQL. `name` is unique in its statement and prefixes its placeholders; `argument` is the path that errors name.
 * @throws InvalidArgument
 */
export type Filter = (name: string, value: unknown, argument: string) => Condition;

export interface TimeRange {
  from?: Date | null;
  to?: Date | null;
}

export interface TagFilter {
  key: string;
  value?: string | null;
}

const maxValues = 100;
/** More than of other values, because a dashboard lists or follows the objects that it shows. */
const maxIds = 1_000;

/** Returns the test of one column's value, where the column is a property of rows. */
function columnTest(column: Column, holds: (value: unknown) => boolean): RowTest | undefined {
  const property = Object.entries(getTableColumns(column.table)).find(([, each]) => each === column)?.[0];
  return property === undefined ? undefined : { properties: [property], holds: (row) => holds(row[property]) };
}

/** The column equals one of the listed values. Lists are capped, ids must be UUIDs. */
export const oneOf =
  (column: Column): Filter =>
  (name, value, argument) => {
    const values = Array.isArray(value) ? value : [value];
    const isId = column.getSQLType() === "uuid";
    const limit = isId ? maxIds : maxValues;
    if (values.length > limit)
      throw new InvalidArgument(argument, `takes at most ${limit} ${isId ? "ids" : "values"}.`);
    for (const item of values) {
      if (isId && !isUuid(item)) throw new InvalidArgument(argument, "is not an id.");
      if (typeof item === "string") validText(item, argument);
    }
    return {
      shape: name,
      sql: sql`${column} = any(${sql.placeholder(name)}::${sql.raw(arrayElementType(column))}[])`,
      values: { [name]: values },
      test: oneOfTest(column, values),
    };
  };

/** Only for types whose text has one form: other values are equal in ways that only the database knows, such as addresses. */
function oneOfTest(column: Column, values: readonly unknown[]): RowTest | undefined {
  const isId = column.getSQLType() === "uuid";
  if (!isId && !column.enumValues && !/^(text|varchar)/.test(column.getSQLType())) return undefined;
  const wanted = new Set(isId ? values.map((id) => String(id).toLowerCase()) : values);
  return columnTest(column, (value) => value !== null && wanted.has(value));
}

/** The column equals the value. */
export const is =
  (column: Column): Filter =>
  (name, value) => ({
    shape: name,
    sql: sql`${column} = ${sql.placeholder(name)}`,
    values: { [name]: value },
    test: column.dataType === "boolean" ? columnTest(column, (held) => held === value) : undefined,
  });

/** `true`: the column is null; `false`: it is not. For "open", "active", "never …". */
export const isNull =
  (column: Column): Filter =>
  (name, value) => ({
    shape: `${name}:${String(value)}`,
    sql: value === true ? sql`${column} is null` : sql`${column} is not null`,
    values: {},
    test: columnTest(column, (held) => (held === null) === value),
  });

/** A half-open time range: from (inclusive) to (exclusive). */
export const during =
  (column: Column): Filter =>
  (name, value, argument) => {
    const { from, to } = value as TimeRange;
    if (from) checkYear(from, `${argument}.from`);
    if (to) checkYear(to, `${argument}.to`);
    if (from && to && from > to) throw new InvalidArgument(argument, "ends before it begins.");
    const bounds: SQL[] = [];
    const values: Record<string, unknown> = {};
    if (from) {
      bounds.push(sql`${column} >= ${sql.placeholder(`${name}From`)}::timestamptz`);
      values[`${name}From`] = from.toISOString();
    }
    if (to) {
      bounds.push(sql`${column} < ${sql.placeholder(`${name}To`)}::timestamptz`);
      values[`${name}To`] = to.toISOString();
    }
    return {
      shape: `${name}:${from ? "from" : ""}${to ? "to" : ""}`,
      sql: bounds.length > 0 ? sql.join(bounds, sql` and `) : sql`true`,
      values,
      test: columnTest(column, (held) => {
        if (!from && !to) return true;
        if (held === null) return false;
        const time = held instanceof Date ? held : new Date(String(held));
        return (!from || time >= from) && (!to || time < to);
      }),
    };
  };

export interface WholeRange {
  min?: bigint | number | null;
  max?: bigint | number | null;
}

/** The largest value of PostgreSQL's bigint. Larger values are compared as this one. */
const largest = 2n ** 63n - 1n;

/** A whole number of the row is in the range, both ends included. @param value an expression of type bigint */
export const between =
  (value: SQL): Filter =>
  (name, range) => {
    const ends = { Min: [sql`>=`, (range as WholeRange).min], Max: [sql`<=`, (range as WholeRange).max] } as const;
    const conditions: Condition[] = Object.entries(ends).flatMap(([end, [compare, limit]]) => {
      if (limit === null || limit === undefined) return [];
      const placeholder = `${name}${end}`;
      const wanted = BigInt(limit);
      const within = wanted > largest ? largest : wanted < -largest ? -largest : wanted;
      return [
        {
          shape: end,
          sql: sql`${value} ${compare} ${sql.placeholder(placeholder)}::bigint`,
          values: { [placeholder]: String(within) },
        },
      ];
    });
    return {
      shape: `${name}:${conditions.map(({ shape }) => shape).join("")}`,
      sql:
        conditions.length > 0
          ? sql.join(
              conditions.map((condition) => condition.sql),
              sql` and `,
            )
          : sql`true`,
      values: Object.assign({}, ...conditions.map(({ values }) => values)) as Record<string, unknown>,
    };
  };

/** Outside these years, Date writes a form that PostgreSQL does not read. An offset can move a year within them outside. */
function checkYear(time: Date, argument: string): void {
  const year = time.getUTCFullYear();
  if (year < 1 || year > 9999) throw new InvalidArgument(argument, "is not between the years 1 and 9999.");
}

/** Any of the columns contains the text, ignoring case. The text is literal: `%` and `_` mean themselves. */
export const contains =
  (...columns: Column[]): Filter =>
  (name, value, argument) => {
    const text = value as string;
    validText(text, argument);
    const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const matches = columns.map((column) => sql`${column} ilike ${sql.placeholder(name)}`);
    return {
      shape: name,
      sql: sql`(${sql.join(matches, sql` or `)})`,
      values: { [name]: pattern },
    };
  };

/** The JSON object holds every tag: the key with that value, or the key with any value where none is given. */
export const hasTags =
  (column: Column): Filter =>
  (name, value, argument) => {
    const tags = value as readonly TagFilter[];
    if (tags.length > maxValues) throw new InvalidArgument(argument, `takes at most ${maxValues} tags.`);
    for (const tag of tags) {
      validText(tag.key, argument);
      validText(tag.value ?? "", argument);
    }
    if (new Set(tags.map((tag) => tag.key)).size < tags.length)
      throw new InvalidArgument(argument, "names a tag twice.");
    const exact = Object.fromEntries(tags.filter((tag) => tag.value != null).map((tag) => [tag.key, tag.value]));
    const keys = tags.filter((tag) => tag.value == null).map((tag) => tag.key);
    return {
      shape: name,
      sql: sql`(${column} @> ${sql.placeholder(`${name}Exact`)}::jsonb and ${column} ?& ${sql.placeholder(`${name}Keys`)}::text[])`,
      values: { [`${name}Exact`]: exact, [`${name}Keys`]: keys },
      test: columnTest(column, (held) =>
        tags.every(({ key, value: wanted }) => {
          const values = held as KnownRow;
          return Object.hasOwn(values, key) && (wanted == null || values[key] === wanted);
        }),
      ),
    };
  };

const arrayElementType = (column: Column): string => column.getSQLType().replace(/^varchar\(\d+\)$/, "text");
