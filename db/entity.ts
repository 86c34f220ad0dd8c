import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { type ChangeRow, changesOfEntity, type History } from "./change-history/history.ts";
import { type BelongsTo, defineList, type List, type ListSpec, type PagesByParent } from "./list.ts";
import { type Lookup, lookup } from "./lookup.ts";

interface EntitySpec<Table extends PgTable, Omitted extends string, Parent extends string> extends ListSpec {
  table: Table;
  omit?: readonly (Omitted & keyof Table["$inferSelect"])[];
  /** Each field of the graph that lists the entity under a parent, as `ClusterNode.vms` → how a row belongs to that parent. */
  under?: Readonly<Record<Parent, BelongsTo>>;
  /** What is recorded of its changes. Without it the entity has no `changes`. */
  history?: History;
}

/** An entity of the graph: all reads of its table that resolvers have. */
export interface Entity<Row, Parent extends string = string> {
  byId: Lookup<Row>;
  list: List<Row>;
  under: Readonly<Record<Parent, PagesByParent<Row>>>;
  /** The changes of each, newest first. Undefined where they are not recorded. */
  changes: PagesByParent<ChangeRow> | undefined;
  /** The properties of a row. */
  properties: readonly string[];
}

/** The row of an entity. */
export type RowOf<Of> = Of extends { byId: Lookup<infer Row> } ? Row : never;

/**
 * Defines an entity of the graph from its table. Its loaders, the look-up and the list at the root, its references from other subgraphs and its lists under
 * parents follow from this definition (`lib/subgraph/entity-resolvers.ts`).
 */
export function defineEntity<Table extends PgTable, Omitted extends string = never, Parent extends string = never>({
  under,
  history,
  ...spec
}: EntitySpec<Table, Omitted, Parent>): Entity<Omit<Table["$inferSelect"], Omitted>, Parent> {
  type Row = Omit<Table["$inferSelect"], Omitted>;
  const list = defineList<Row>(spec);
  const pages = Object.entries<BelongsTo>(under ?? {}).map(([field, belongsTo]) => [field, list.under(belongsTo)]);
  const omitted: readonly string[] = spec.omit ?? [];
  return {
    byId: lookup<Row>(spec),
    list,
    under: Object.fromEntries(pages) as Record<Parent, PagesByParent<Row>>,
    changes: history && changesOfEntity(history),
    properties: Object.keys(getTableColumns(spec.table)).filter((property) => !omitted.includes(property)),
  };
}
