import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { EventType } from "#events/event.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import type { NewEvent } from "./event-log/append.ts";
import { columnOf } from "./rows.ts";

type EntityName = EventType extends infer Type ? (Type extends `${infer Name}.created` ? Name : never) : never;
type Property<T extends PgTable> = keyof T["$inferSelect"] & string;

/** The events of writes to a table: `<event>.created` for an inserted row, `<event>.updated` for a changed one, if rows of the table may change. */
export interface Changes<T extends PgTable = PgTable> {
  table: T;
  event: EntityName;
  /** The properties that identify the entity; `id` when not given. Several values are joined by a colon. */
  key?: readonly Property<T>[];
  /** The properties that the payload holds, with their values after the write. */
  payload: readonly Property<T>[];
  /** What the payload holds of other rows, as they are when the row is written. */
  related?: Readonly<Record<string, SQL>>;
}

/** A written row, as its statement returns it. */
export interface ChangedRow {
  __key: string;
  __created: boolean;
  __version: number;
  __tenant: string;
  [property: string]: unknown;
}

/** Returns the counter of a row's writes, under the name that the table gives it. */
export function writeCounter(table: PgTable): Column | undefined {
  const columns = getTableColumns(table) as Record<string, Column>;
  // `version` of clusters and templates is a text with another meaning.
  return ["rowVersion", "generation", "version"]
    .map((property) => columns[property])
    .find((column) => column?.dataType === "number");
}

/** What a writing statement returns of each row, for the event of its change. */
export function changeColumns<T extends PgTable>({ table, key, payload, related = {} }: Changes<T>): SQL {
  const tenant = (getTableColumns(table) as Record<string, Column>)["tenantId"];
  const own = (column: Column) => sql`${table}.${sql.identifier(column.name)}`;
  const keyParts = (key ?? ["id"]).map((property) => own(columnOf(table, property)));
  const counter = writeCounter(table);
  return sql.join(
    [
      sql`concat_ws(':', ${sql.join(keyParts, sql`, `)}) as "__key"`,
      // INSERT … ON CONFLICT locks a row that it finds.
      sql`${table}.xmax = 0 as "__created"`,
      sql`${counter ? own(counter) : sql`0`} as "__version"`,
      sql`${tenant ? sql`coalesce(${own(tenant)}, ${platformTenantId}::uuid)` : sql`${platformTenantId}::uuid`} as "__tenant"`,
      ...payload.map((property) => sql`${own(columnOf(table, property))} as ${sql.identifier(property)}`),
      ...Object.entries(related).map(([property, value]) => sql`${value} as ${sql.identifier(property)}`),
    ],
    sql`, `,
  );
}

/** Returns the events of written rows. @param all the event of every row of an UPDATE or a DELETE, whose rows always exist */
export function changeEvents<T extends PgTable>(
  { event, payload, related = {} }: Changes<T>,
  rows: readonly ChangedRow[],
  all?: "updated" | "deleted",
): NewEvent[] {
  return rows.map((row) => ({
    // `append` checks whether rows of the table may change at all.
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
