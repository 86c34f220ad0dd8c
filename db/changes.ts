import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { type ChangeOf, type EntityName, type EventPayload, type EventType, payloadProperties } from "#events/event.ts";
import { platformTenantId } from "#lib/trust/platform-tenant.ts";
import { rowCounter } from "./columns.ts";
import type { NewEvent } from "./event-log/append.ts";
import { columnOf } from "./rows.ts";

type Property<T extends PgTable> = keyof T["$inferSelect"] & string;
type Payload<Entity extends EntityName> = EventPayload<Extract<EventType, `${Entity}.created`>>;
type AsJson<Value> = Value extends Date ? string : Value;

/** The properties of the entity's payload that are no column of the table, or a column with values of another type. */
type Related<T extends PgTable, Entity extends EntityName> = {
  [
    Name in keyof Payload<Entity> as Name extends keyof T["$inferSelect"]
      ? AsJson<T["$inferSelect"][Name]> extends Payload<Entity>[Name]
        ? never
        : Name
      : Name
  ]: SQL<Payload<Entity>[Name]>;
};

interface Key<T extends PgTable> {
  /** The properties that identify the entity; `id` when not given. Several values are joined by a colon. */
  key?: readonly Property<T>[];
}

/** What the catalogue and the table leave open. A payload that the columns of the table do not fill needs the rest from other rows. */
type Rest<T extends PgTable, Entity extends EntityName> = keyof Related<T, Entity> extends never
  ? [rest?: Key<T> & { related?: undefined }]
  : [rest: Key<T> & { related: Related<T, Entity> }];

/**
 * The events of writes to a table: `<event>.created` for an inserted row, `<event>.updated` for a changed one and `<event>.deleted` for a removed one, as far as
 * the catalogue has them.
 */
export interface Changes<T extends PgTable = PgTable, Entity extends EntityName = EntityName> {
  table: T;
  event: Entity;
  key: readonly string[];
  /** Values of other rows in the payload, as they are when the row is written. */
  related: Readonly<Record<string, SQL>>;
}

/**
 * Declares that the rows of a table have the events of an entity. The catalogue lists the payload: each of its properties is the column of the same name, with
 * its value after the write, or is in `related`. A payload that neither fills, or fills with another type, does not compile.
 */
export const changesOf = <T extends PgTable, const Entity extends EntityName>(
  table: T,
  event: Entity,
  ...[rest]: Rest<T, Entity>
): Changes<T, Entity> => ({ table, event, key: rest?.key ?? ["id"], related: rest?.related ?? {} });

/** A written row, as its statement returns it. */
export interface ChangedRow {
  __key: string;
  __created: boolean;
  __version: number;
  __tenant: string;
  [property: string]: unknown;
}

/** What a writing statement returns of each row, for the event of its change. */
export function changeColumns({ table, event, key, related }: Changes): SQL {
  const tenant = (getTableColumns(table) as Record<string, Column>)["tenantId"];
  const own = (property: string) => sql`${table}.${sql.identifier(columnOf(table, property).name)}`;
  const counter = rowCounter(table);
  return sql.join(
    [
      sql`concat_ws(':', ${sql.join(key.map(own), sql`, `)}) as "__key"`,
      // INSERT … ON CONFLICT locks a row that it finds.
      sql`${table}.xmax = 0 as "__created"`,
      sql`${counter ? sql`${table}.${sql.identifier(counter.name)}` : sql`0`} as "__version"`,
      sql`${tenant ? sql`coalesce(${own("tenantId")}, ${platformTenantId}::uuid)` : sql`${platformTenantId}::uuid`} as "__tenant"`,
      ...payloadProperties(event).map(
        (property) => sql`${related[property] ?? own(property)} as ${sql.identifier(property)}`,
      ),
    ],
    sql`, `,
  );
}

/** Returns the events of written rows. @param all the event of every row of an UPDATE or a DELETE, whose rows always exist */
export function changeEvents<Entity extends EntityName>(
  { event }: Changes<PgTable, Entity>,
  rows: readonly ChangedRow[],
  all?: Exclude<ChangeOf<Entity>, "created">,
): NewEvent[] {
  const properties = payloadProperties(event);
  return rows.map((row) => {
    const type = `${event}.${all ?? (row.__created ? "created" : "updated")}`;
    const payload = eventValues(row, properties);
    // What the row holds fits by `changesOf`. `append` checks it again, and whether the entity has the event at all.
    return { type, key: row.__key, entityVersion: row.__version, tenantId: row.__tenant, payload } as NewEvent;
  });
}

/** Returns properties of a written row as events hold them. */
export const eventValues = (row: ChangedRow, properties: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(properties.map((property) => [property, asJson(row[property])]));

const asJson = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
