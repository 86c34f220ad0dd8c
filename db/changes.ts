import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { EventType } from "#events/event.ts";
import { platformTenantId } from "#lib/platform-tenant.ts";
import type { NewEvent } from "./event-log/append.ts";
import { columnOf } from "./rows.ts";

type EntityName = EventType extends infer Type ? (Type extends `${infer Name}.created` ? Name : never) : never;
type Property<T extends PgTable> = keyof T["$inferSelect"] & string;

/** How writes to a table are told: `<event>.created` for a row that came, `<event>.updated` for one that changed, if rows of it may. */
export interface Changes<T extends PgTable = PgTable> {
  table: T;
  event: EntityName;
  /** What the entity is known by, `id` where nothing else is said; several values are joined by a colon. */
  key?: readonly Property<T>[];
  /** What the payload holds, as it is after the write. */
  payload: readonly Property<T>[];
  /** What it holds of other rows, as they are when the row is written. */
  related?: Readonly<Record<string, SQL>>;
}

/** A row that was written, as its statement returns it. */
export interface ChangedRow {
  __key: string;
  __created: boolean;
  __version: number;
  __tenant: string;
  [property: string]: unknown;
}

/** The counter of a row's writes, by whichever name the table has it. */
export function writeCounter(table: PgTable): Column | undefined {
  const columns = getTableColumns(table) as Record<string, Column>;
  // `version` of clusters and templates is a text of another meaning.
  return ["rowVersion", "generation", "version"]
    .map((property) => columns[property])
    .find((column) => column?.dataType === "number");
}

/** What a writing statement returns of each row, so that its change can be told. */
export function changeColumns<T extends PgTable>({ table, key, payload, related = {} }: Changes<T>): SQL {
  const tenant = (getTableColumns(table) as Record<string, Column>)["tenantId"];
  const own = (column: Column) => sql`${table}.${sql.identifier(column.name)}`;
  const keyParts = (key ?? ["id"]).map((property) => own(columnOf(table, property)));
  const counter = writeCounter(table);
  return sql.join(
    [
      sql`concat_ws(':', ${sql.join(keyParts, sql`, `)}) as "__key"`,
      // A row that an INSERT … ON CONFLICT found there was locked by it.
      sql`${table}.xmax = 0 as "__created"`,
      sql`${counter ? own(counter) : sql`0`} as "__version"`,
      sql`${tenant ? sql`coalesce(${own(tenant)}, ${platformTenantId}::uuid)` : sql`${platformTenantId}::uuid`} as "__tenant"`,
      ...payload.map((property) => sql`${own(columnOf(table, property))} as ${sql.identifier(property)}`),
      ...Object.entries(related).map(([property, value]) => sql`${value} as ${sql.identifier(property)}`),
    ],
    sql`, `,
  );
}

/** The events of rows that were written. @param all what an UPDATE or a DELETE, whose rows are always there, calls every row */
export function changeEvents<T extends PgTable>(
  { event, payload, related = {} }: Changes<T>,
  rows: readonly ChangedRow[],
  all?: "updated" | "deleted",
): NewEvent[] {
  return rows.map((row) => ({
    // Whether rows of the table may change at all, `append` knows.
    type: `${event}.${all ?? (row.__created ? "created" : "updated")}` as EventType,
    key: row.__key,
    entityVersion: row.__version,
    tenantId: row.__tenant,
    payload: Object.fromEntries(
      [...payload, ...Object.keys(related)].map((property) => [property, asJson(row[property])]),
    ),
  }));
}

const asJson = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
