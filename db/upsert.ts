import { getTableName, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { WriteTx } from "./client.ts";
import { type Changes, changeColumns, changeEvents, type ChangedRow } from "./changes.ts";
import { append } from "./event-log/append.ts";
import { countingAssignments } from "./row-writes.ts";
import { columnOf, visibleTo } from "./rows.ts";
import { type Statement, statement } from "./statement.ts";

type Insert<T extends PgTable> = T["$inferInsert"];
type Property<T extends PgTable> = keyof Insert<T> & string;

export interface UpsertOptions<T extends PgTable> {
  /** The properties that identify a row: the columns of a unique index. */
  onConflict: readonly Property<T>[];
  /** What to write over an existing row: everything given, nothing (then a row that any unique index rejects is skipped as well), or these columns. */
  update: "all" | "none" | readonly Property<T>[];
  /** The events of written rows; `nothing` where the caller emits one event for the whole batch. */
  emits: Changes<T> | "nothing";
}

const rowsPerStatement = 1_000;

/**
 * Writes rows into a table, whatever their number, in statements with one text per shape. An existing row that does not differ is not written: writing the same
 * rows twice changes nothing. A row of another tenant is not written either. When a row changes, its counter of changes (`version`, `rowVersion`, `generation`)
 * increases and `updatedAt` is set, unless the rows bring their own. Events in the same transaction report what was written.
 * @returns how many rows were inserted or changed
 */
export async function upsert<T extends PgTable>(
  tx: WriteTx,
  table: T,
  rows: readonly Insert<T>[],
  options: UpsertOptions<T>,
): Promise<number> {
  let changed = 0;
  for (const [properties, alike] of byShape(rows)) {
    const write = upsertStatement(table, properties, options);
    for (let start = 0; start < alike.length; start += rowsPerStatement) {
      const chunk = alike.slice(start, start + rowsPerStatement);
      const written = await tx.run(write, { rows: JSON.stringify(chunk), tenantId: tx.tenantId });
      if (options.emits === "nothing") changed += written[0]?.changed ?? 0;
      else {
        changed += written.length;
        await append(tx, changeEvents(options.emits, written));
      }
    }
  }
  return changed;
}

/** Groups rows that omit the same properties. An omitted property takes the column's default, which null cannot express. */
function byShape<Row extends object>(rows: readonly Row[]): [readonly string[], Row[]][] {
  const shapes = new Map<string, [readonly string[], Row[]]>();
  for (const row of rows) {
    const properties = Object.keys(row).filter((property) => row[property as keyof Row] !== undefined);
    const key = properties.sort().join();
    const shape = shapes.get(key);
    if (shape) shape[1].push(row);
    else shapes.set(key, [properties, [row]]);
  }
  return [...shapes.values()];
}

interface Written extends ChangedRow {
  /** Set when rows are only counted. */
  changed?: number;
}

const statements = new WeakMap<PgTable, Map<string, Statement<Written>>>();

function upsertStatement<T extends PgTable>(table: T, properties: readonly string[], options: UpsertOptions<T>) {
  const known = statements.get(table) ?? new Map<string, Statement<Written>>();
  statements.set(table, known);
  const key = JSON.stringify([properties, options.onConflict, options.update, emittedName(options.emits)]);
  const found = known.get(key) ?? statement<Written>(() => upsertSql(table, properties, options));
  known.set(key, found);
  return found;
}

function upsertSql<T extends PgTable>(
  table: T,
  properties: readonly string[],
  { onConflict, update, emits }: UpsertOptions<T>,
): SQL {
  const columns = properties.map((property) => columnOf(table, property));
  const names = list(columns.map((column) => sql.identifier(column.name)));
  // The keys of the JSON objects are properties, not column names.
  const shape = list(
    properties.map((property, at) => sql`${sql.identifier(property)} ${sql.raw(columns[at]!.getSQLType())}`),
  );
  const read = list(properties.map((property) => sql`input.${sql.identifier(property)}`));
  const updated = (update === "all" ? properties : update === "none" ? [] : update).filter(
    (property) => !(onConflict as readonly string[]).includes(property) && properties.includes(property),
  );
  const target = list(onConflict.map((property) => sql.identifier(columnOf(table, property).name)));
  return sql`
    with written as (
      insert into ${table} (${names})
      select ${read} from jsonb_to_recordset(${sql.placeholder("rows")}::text::jsonb) as input (${shape})
      on conflict ${
        updated.length === 0
          ? sql`do nothing`
          : sql`(${target}) do update set ${assignments(table, updated, properties)}
        where ${visibleTo({ table })} and (${list(updated.map((property) => sql`${table}.${sql.identifier(columnOf(table, property).name)}`))})
          is distinct from (${list(updated.map((property) => sql`excluded.${sql.identifier(columnOf(table, property).name)}`))})`
      }
      returning ${emits === "nothing" ? sql`1` : changeColumns(emits)}
    )
    select ${emits === "nothing" ? sql`count(*)::int as changed` : sql`*`} from written`;
}

function assignments(table: PgTable, updated: readonly string[], given: readonly string[]): SQL {
  const set = updated.map((property) => {
    const name = sql.identifier(columnOf(table, property).name);
    return sql`${name} = excluded.${name}`;
  });
  const counting = countingAssignments(
    table,
    given.map((property) => columnOf(table, property)),
  );
  if (set.length + counting.length === 0) throw new Error(`Nothing to update in ${getTableName(table)}.`);
  return list([...set, ...counting]);
}

const emittedName = <T extends PgTable>(emits: Changes<T> | "nothing"): string =>
  emits === "nothing" ? emits : emits.event;

const list = (parts: readonly SQL[] | readonly ReturnType<typeof sql.identifier>[]): SQL =>
  sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  );
