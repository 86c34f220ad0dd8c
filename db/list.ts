import { type Column, getTableName, type SQL, sql } from "drizzle-orm";
import { InvalidArgument } from "#lib/errors.ts";
import {
  encodeCursor,
  type Page,
  type PageArguments,
  type PageRequest,
  pageRequest,
  type Position,
} from "#lib/graphql/pagination.ts";
import { LRUCache } from "lru-cache";
import type { Tx } from "./client.ts";
import type { Condition, Filter } from "./filters.ts";
import { conditionsIn, type RowFilter, rowFilter } from "./row-filter.ts";
import { columnOf, selectList, type Source, visibleTo } from "./rows.ts";
import { type Statement, statement } from "./statement.ts";

export type Direction = "ASC" | "DESC";

export interface Order {
  field: string;
  direction: Direction;
}

/** A list of the graph: what it reads, how it can be filtered, and in which orders it can be paged. */
export interface ListSpec extends Source {
  filters: Readonly<Record<string, Filter>>;
  /** GraphQL order field → a column that is never null; the id breaks ties. */
  orders: Readonly<Record<string, Column>>;
  defaultOrder: Order;
  /** A condition that applies unless the filter has one of these fields: "not deleted", unless the filter requests deleted rows. */
  unlessFiltered?: { by: readonly string[]; condition: SQL };
}

export interface ListArguments extends PageArguments {
  filter?: Readonly<Record<string, unknown>> | null | undefined;
  orderBy?: { field: string; direction: Direction } | null | undefined;
}

/** Relates the rows of a list to their parent: `parent` is the parent's key, a UUID. */
export type BelongsTo = (parent: SQL) => SQL;

export interface List<Row> {
  /** Returns a page of the list itself. */
  page(tx: Tx, args: ListArguments, withTotal: boolean): Promise<Page<Row>>;
  /** Returns a function that reads the list under each of many parents, in one statement with a limit, a cursor and a count for each of them. */
  under(belongsTo: BelongsTo): PagesByParent<Row>;
  /**
   * Returns what decides, without a query, whether the list with this filter would hold a row.
   * @throws InvalidArgument as `page` does
   */
  rowFilter(filter: ListArguments["filter"]): RowFilter;
  /** Returns for each id whether the list with this filter holds the row with that id, in one statement. */
  among(tx: Tx, ids: readonly string[], filter: NonNullable<ListArguments["filter"]>): Promise<boolean[]>;
}

export type PagesByParent<Row> = (
  tx: Tx,
  parents: readonly string[],
  args: ListArguments,
  withTotal: boolean,
) => Promise<Page<Row>[]>;

interface OfParent {
  __parent: number;
  __total: number | null;
}

interface Item extends OfParent {
  __order: string;
  id: string;
}

/** One row of the statement: an item of a page, or what there is of a parent whose page is empty. */
type ListedRow = Item | (OfParent & { __order: null; id: null });

/** Rows whose `column` is the parent's key. */
export const by =
  (column: Column): BelongsTo =>
  (parent) =>
    sql`${column} = ${parent}`;

export function defineList<Row>(spec: ListSpec): List<Row> {
  const pages = (belongsTo: BelongsTo | undefined): PagesByParent<Row> => {
    // Bounded, because clients choose the combination of filters.
    const statements = new LRUCache<string, Statement<ListedRow>>({ max: 200 });
    return async (tx, parents, args, withTotal) => {
      const order = args.orderBy ?? spec.defaultOrder;
      const orderColumn = spec.orders[order.field];
      if (!orderColumn) throw new InvalidArgument("orderBy.field", "is not an order of this list.");
      const cursorOrder = `${getTableName(spec.table)}.${order.field}`;
      const request = pageRequest(args, cursorOrder);
      if (request.position) checkPosition(request.position, orderColumn, request.backward ? "before" : "after");
      const conditions = conditionsOf(spec, args.filter ?? {});

      const descending = (order.direction === "DESC") !== request.backward;
      const shape = [
        order.field,
        descending,
        request.position !== undefined,
        withTotal,
        ...conditions.map((c) => c.shape),
      ].join("|");
      let pageStatement = statements.get(shape);
      if (!pageStatement) {
        const positioned = request.position !== undefined;
        pageStatement = pagesStatement(spec, {
          belongsTo,
          orderColumn,
          descending,
          positioned,
          withTotal,
          conditions,
        });
        statements.set(shape, pageStatement);
      }
      const rows = await tx.run(pageStatement, {
        ...Object.assign({}, ...conditions.map((condition) => condition.values)),
        tenantId: tx.tenantId,
        parents,
        limit: request.size + 1,
        positionValue: request.position?.value,
        positionId: request.position?.id,
      });
      return assemble<Row>(rows, parents.length, request, cursorOrder, withTotal);
    };
  };

  const amongStatements = new LRUCache<string, Statement<{ id: string }>>({ max: 50 });
  const among: List<Row>["among"] = async (tx, ids, filter) => {
    const conditions = conditionsOf(spec, filter);
    const shape = conditions.map((condition) => condition.shape).join("|");
    let selection = amongStatements.get(shape);
    if (!selection) {
      selection = amongStatement(spec, conditions);
      amongStatements.set(shape, selection);
    }
    const values = Object.assign({}, ...conditions.map((condition) => condition.values)) as Record<string, unknown>;
    const rows = await tx.run(selection, { ...values, tenantId: tx.tenantId, amongIds: ids });
    const held = new Set(rows.map(({ id }) => id));
    return ids.map((id) => held.has(id));
  };

  const root = pages(undefined);
  return {
    page: async (tx, args, withTotal) => {
      const [page] = await root(tx, [], args, withTotal);
      return page as Page<Row>;
    },
    under: pages,
    rowFilter: (filter) => {
      if (spec.unlessFiltered) throw new Error("A list that leaves rows out by default has no row filter.");
      return rowFilter(conditionsIn(spec.filters, filter ?? {}));
    },
    among,
  };
}

function conditionsOf(spec: ListSpec, filter: Readonly<Record<string, unknown>>): Condition[] {
  const requested = conditionsIn(spec.filters, filter);
  const { unlessFiltered } = spec;
  const byDefault: Condition[] =
    unlessFiltered && !requested.some(({ name }) => unlessFiltered.by.includes(name))
      ? [{ shape: "", sql: unlessFiltered.condition, values: {} }]
      : [];
  return [...byDefault, ...requested];
}

const amongStatement = (spec: ListSpec, conditions: readonly Condition[]): Statement<{ id: string }> =>
  statement<{ id: string }>(() => {
    const id = columnOf(spec.table, "id");
    const where = sql.join([visibleTo(spec), ...conditions.map((condition) => condition.sql)], sql` and `);
    return sql`select ${id} as "id" from ${spec.table} where ${id} = any(${sql.placeholder("amongIds")}::uuid[]) and ${where}`;
  });

interface PagesShape {
  belongsTo: BelongsTo | undefined;
  orderColumn: Column;
  descending: boolean;
  positioned: boolean;
  withTotal: boolean;
  conditions: readonly Condition[];
}

/**
 * Selects one row per (parent, listed row), and at least one per parent, so that an empty page still brings its count. A list without a parent is the list
 * under one parent without a key.
 */
function pagesStatement(spec: ListSpec, shape: PagesShape): Statement<ListedRow> {
  return statement<ListedRow>(() => {
    const { table } = spec;
    const { orderColumn, descending } = shape;
    const id = columnOf(table, "id");
    const parents = shape.belongsTo
      ? sql`unnest(${sql.placeholder("parents")}::uuid[]) with ordinality as parent(key, number)`
      : sql`(select 1 as number) as parent`;
    const where = sql.join(
      [
        visibleTo(spec),
        ...(shape.belongsTo ? [shape.belongsTo(sql`parent.key`)] : []),
        ...shape.conditions.map((c) => c.sql),
      ],
      sql` and `,
    );
    const direction = sql.raw(descending ? "desc" : "asc");
    const compare = sql.raw(descending ? "<" : ">");
    // Bound as text. As a timestamp, the driver would make a Date of it. The microseconds would be lost, and with them the place in the list.
    const beyond = shape.positioned
      ? sql` and (${orderColumn}, ${id}) ${compare} (${sql.placeholder("positionValue")}::text::${sql.raw(positionType(orderColumn))}, ${sql.placeholder("positionId")}::uuid)`
      : sql``;
    const total = shape.withTotal ? sql`(select count(*)::int from ${table} where ${where})` : sql`null::int`;
    return sql`select parent.number::int as "__parent", ${total} as "__total", item.*
      from ${parents} left join lateral (
        select ${selectList(spec)}, ${orderColumn}::text as "__order",
          row_number() over (order by ${orderColumn} ${direction}, ${id} ${direction}) as "__rank"
        from ${table} where ${where}${beyond}
        order by ${orderColumn} ${direction}, ${id} ${direction} limit ${sql.placeholder("limit")}::int
      ) item on true
      order by parent.number, item."__rank"`;
  });
}

function assemble<Row>(
  rows: readonly ListedRow[],
  parents: number,
  { size, backward, position }: PageRequest,
  order: string,
  withTotal: boolean,
): Page<Row>[] {
  const grouped = Array.from({ length: Math.max(parents, 1) }, (): { rows: Item[]; total: number | null } => ({
    rows: [],
    total: null,
  }));
  for (const row of rows) {
    const group = grouped[row.__parent - 1];
    if (!group) continue;
    group.total = row.__total;
    if (row.id !== null) group.rows.push(row);
  }
  return grouped.map((group) => {
    const more = group.rows.length > size;
    const listed = more ? group.rows.slice(0, size) : group.rows;
    if (backward) listed.reverse();
    return {
      edges: listed.map((row) => ({
        // Most queries select only the nodes.
        get cursor() {
          return encodeCursor({ order, value: row.__order, id: row.id });
        },
        node: row as unknown as Row,
      })),
      hasNextPage: backward ? position !== undefined : more,
      hasPreviousPage: backward ? more : position !== undefined,
      totalCount: withTotal ? group.total : null,
    };
  });
}

/** Returns the column's type without its limits: a value beyond them still compares correctly, but a cast to them would fail. */
const positionType = (column: Column): string => column.getSQLType().replace(/\(.*\)/, "");

/** Rejects a forged value before it reaches the server: a failed cast would abort the transaction that other fields of the request share. */
function checkPosition({ value }: Position, column: Column, argument: string): void {
  if (!isValueOf(column, value)) throw new InvalidArgument(argument, "is not a cursor of this list in this order.");
}

function isValueOf(column: Column, value: string): boolean {
  const type = column.getSQLType();
  if (/^(text|varchar)/.test(type)) return true;
  if (column.enumValues) return column.enumValues.includes(value);
  if (type.startsWith("timestamp")) return isTimestamp(value);
  if (type.startsWith("numeric")) return /^-?\d{1,30}(\.\d{1,30})?$/.test(value);
  if (type === "integer") return isInteger(value, 31n);
  return type === "bigint" && isInteger(value, 63n);
}

/** Returns whether a text is a timestamptz as PostgreSQL writes it in UTC. A round trip checks the calendar: Date alone accepts the 30th of February. */
function isTimestamp(value: string): boolean {
  const parts = /^(?!0000)(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?\+00$/.exec(value);
  if (!parts) return false;
  const seconds = `${parts[1]}T${parts[2]}`;
  const date = new Date(`${seconds}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(seconds);
}

function isInteger(value: string, bits: bigint): boolean {
  if (!/^-?\d{1,19}$/.test(value)) return false;
  const limit = 2n ** bits;
  return BigInt(value) >= -limit && BigInt(value) < limit;
}
