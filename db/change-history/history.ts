import { getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { domains } from "../columns.ts";
import { by, defineList, type PagesByParent } from "../list.ts";
import { columnOf } from "../rows.ts";
import { ofTenant } from "../tenant-predicate.ts";
import { changeHistoryTables } from "./tables.ts";

// The roles of the policies differ between the domains; what statements name does not.
const { entityChanges } = changeHistoryTables(domains[0]);

export type ChangeRow = Omit<typeof entityChanges.$inferSelect, "tenantId" | "entityType" | "entityKey">;

type Property<T extends PgTable> = keyof T["$inferSelect"] & string;

/** What is recorded of the changes to the rows of a table. */
export interface History {
  table: PgTable;
  /** The type in the graph whose `changes` list them. */
  type: string;
  recorded: readonly string[];
  noted: readonly string[];
  /** Why each other property is not recorded. */
  unrecorded: Readonly<Record<string, string>>;
  /** The property with the entity's id. */
  key: string;
  /** The property with the tenant; null where the rows belong to no tenant. */
  tenant: string | null;
  /** For rows that are a part of another entity: what the names of their fields begin with, as `quota.`. */
  part: string;
}

interface Declared<T extends PgTable, Recorded, Noted> {
  type: string;
  /** The properties whose values are recorded. Secrets, hashes and sealed values never are. */
  recorded: readonly Recorded[];
  /** The properties of which only the fact that they changed is recorded, because their values may hold secrets. */
  noted?: readonly Noted[];
  /** Every other property, with the reason. */
  unrecorded: Readonly<Record<Exclude<Property<T>, Recorded | Noted>, string>>;
  key?: Property<T>;
  tenant?: Property<T> | null;
  part?: string;
}

/**
 * Declares which properties of a table's rows the change history records. A property that is not decided about does not compile. The migration of the table
 * calls `record_changes` with the same declaration, as `recordChanges` returns it, and a test compares the two.
 */
export const historyOf = <
  T extends PgTable,
  const Recorded extends Property<T>,
  const Noted extends Property<T> = never,
>(
  table: T,
  declared: Declared<T, Recorded, Noted>,
): History => ({ table, noted: [], key: "id", tenant: "tenantId", part: "", ...declared });

/** Why most tables do not record some of their properties. */
export const because = {
  isKey: "it identifies the row and never changes",
  isTenant: "the tenant never changes",
  isParent: "what the row belongs to never changes",
  isCounter: "it counts the changes, each of which has it",
  isTime: "each change has its time",
  isCreation: "it never changes",
} as const;

/** Returns the statement with which a migration begins to record the changes of a table, or replaces what is recorded. */
export function recordChanges({ table, type, recorded, noted, key, tenant, part }: History): string {
  const column = (property: string) => columnOf(table, property).name;
  const texts = (properties: readonly string[]) => `ARRAY[${properties.map((each) => `'${column(each)}'`).join(", ")}]`;
  const given = [
    `'${getTableName(table)}', '${type}'`,
    texts(recorded),
    ...(noted.length > 0 ? [`"noted" => ${texts(noted)}`] : []),
    ...(key === "id" ? [] : [`"entity_key" => '${column(key)}'`]),
    ...(tenant === "tenantId" ? [] : [`"tenant" => '${tenant === null ? "" : column(tenant)}'`]),
    ...(part === "" ? [] : [`"part" => '${part}'`]),
  ];
  return `SELECT "record_changes"(${given.join(", ")});`;
}

const ofType = ({ type }: History): SQL => sql`${entityChanges.entityType} = ${sql.raw(`'${type}'`)}`;

/** Returns the function that reads the changes of many entities of a type, newest first, in one statement. */
export const changesOfEntity = (history: History): PagesByParent<ChangeRow> =>
  listed(sql`${ofType(history)} and ${visibleTenants(history)}`);

/** Rows without a tenant are readable by all, also where other rows of their table belong to one: built-in roles. */
function visibleTenants({ table, tenant }: History): SQL {
  const ofNone = sql`${entityChanges.tenantId} is null`;
  if (tenant === null) return ofNone;
  const own = ofTenant(entityChanges.tenantId);
  return columnOf(table, tenant).notNull ? own : sql`(${own} or ${ofNone})`;
}

/** The same for entities of all tenants: under the system role alone. */
export const changesAcrossTenants = (history: History): PagesByParent<ChangeRow> => listed(ofType(history));

const listed = (visible: SQL): PagesByParent<ChangeRow> =>
  defineList<ChangeRow>({
    table: entityChanges,
    omit: ["tenantId", "entityType", "entityKey"],
    visible,
    filters: {},
    orders: { CHANGED_AT: entityChanges.changedAt },
    defaultOrder: { field: "CHANGED_AT", direction: "DESC" },
  }).under(by(entityChanges.entityKey));

/** Returns the properties of a table that a declaration leaves open. Empty, as the compiler checks for what it knows the types of. */
export const undecided = ({ table, recorded, noted, unrecorded }: History): string[] =>
  Object.keys(getTableColumns(table)).filter(
    (property) => ![...recorded, ...noted, ...Object.keys(unrecorded)].includes(property),
  );
