import DataLoader from "dataloader";
import type { GraphQLResolveInfo } from "graphql";
import type { Page, PageArguments } from "./pagination.ts";
import type { RecordedChange } from "./change-fields.ts";
import { selects } from "./connections.ts";

/** Loads the value of a key; all keys of a tick become one call. Lives for one request. */
export type BatchLoader<Value> = Pick<DataLoader<string, Value | null>, "load">;

export const batchLoader = <Value>(
  batch: (keys: readonly string[]) => Promise<readonly (Value | null)[]>,
): BatchLoader<Value> => new DataLoader<string, Value | null>(batch);

/** The requesting field, as in its resolver's `info`. Within one request it has one set of arguments, whatever its parent is. */
export type RequestingField = Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">;

/** Loads values that depend on arguments as well: one batch per distinct set of arguments. */
export class ArgumentLoader<Arguments, Value> {
  readonly #batch: (keys: readonly string[], args: Arguments) => Promise<readonly Value[]>;
  readonly #byField = new WeakMap<object, DataLoader<string, Value>>();
  readonly #byArguments = new Map<string, DataLoader<string, Value>>();

  constructor(batch: (keys: readonly string[], args: Arguments) => Promise<readonly Value[]>) {
    this.#batch = batch;
  }

  /**
   * Loads the value of a key. Two aliases of a field with equal arguments share a batch; with different arguments each has its own. The arguments are read
   * once per field, not once per parent.
   */
  load(key: string, field: RequestingField, argumentsOf: () => Arguments): Promise<Value> {
    let loader = this.#byField.get(field.fieldNodes);
    if (!loader) {
      loader = this.#loaderOf(argumentsOf());
      this.#byField.set(field.fieldNodes, loader);
    }
    return loader.load(key);
  }

  /** Loads the value of a key for arguments that no field has. */
  loadWith(key: string, args: Arguments): Promise<Value> {
    return this.#loaderOf(args).load(key);
  }

  #loaderOf(args: Arguments): DataLoader<string, Value> {
    const canonical = canonicalJson(args);
    let loader = this.#byArguments.get(canonical);
    if (!loader) {
      loader = new DataLoader<string, Value>((keys) => this.#batch(keys, args));
      this.#byArguments.set(canonical, loader);
    }
    return loader;
  }
}

/** Loads the page of a connection under one parent; all parents with equal arguments share one statement. */
export interface ConnectionLoader<Row> {
  load(parent: string, args: PageArguments, field: RequestingField): Promise<Page<Row>>;
}

type Lookup<Source, Row> = (source: Source, keys: readonly string[]) => Promise<readonly (Row | null)[]>;
type Pages<Source, Row> = (
  source: Source,
  parents: readonly string[],
  args: PageArguments,
  withTotal: boolean,
) => Promise<readonly Page<Row>[]>;

/** Returns the loader of an object by its key, for one request. @param source the request's transaction */
export const loaderOf = <Source, Row>(source: Source, lookup: Lookup<Source, Row>): BatchLoader<Row> =>
  batchLoader((keys) => lookup(source, keys));

type FilterValues = Readonly<Record<string, unknown>>;

/** The batch reads of an entity. `db/entity.ts` defines them. */
export interface EntityReads<Source, Row, Parent extends string> {
  byId: Lookup<Source, Row>;
  list: {
    page(source: Source, args: PageArguments, withTotal: boolean): Promise<Page<Row>>;
    among(source: Source, ids: readonly string[], filter: FilterValues): Promise<readonly boolean[]>;
  };
  under: Readonly<Record<Parent, Pages<Source, Row>>>;
  /** Undefined where changes are not recorded. */
  changes?: Pages<Source, RecordedChange> | undefined;
}

/** The loaders of an entity, for one request: each read of it becomes one statement for all objects that request it. */
export class EntityLoaders<Source, Row, Parent extends string> implements BatchLoader<Row> {
  readonly #source: Source;
  readonly #reads: EntityReads<Source, Row, Parent>;
  readonly #byId: BatchLoader<Row>;
  readonly #under = new Map<Parent, ConnectionLoader<Row>>();
  readonly #listed: ArgumentLoader<FilterValues, boolean>;
  #changes: ConnectionLoader<RecordedChange> | undefined;

  constructor(source: Source, reads: EntityReads<Source, Row, Parent>) {
    this.#source = source;
    this.#reads = reads;
    this.#byId = loaderOf(source, reads.byId);
    this.#listed = new ArgumentLoader((ids, filter) => reads.list.among(source, ids, filter));
  }

  /** Loads the object with this id; null when none is visible. */
  load(id: string): Promise<Row | null> {
    return this.#byId.load(id);
  }

  /** Reads a page of the list without a parent. */
  page(args: PageArguments, withTotal: boolean): Promise<Page<Row>> {
    return this.#reads.list.page(this.#source, args, withTotal);
  }

  /** Resolves to whether the list with this filter contains the object with this id; all ids with equal filters share one statement. */
  isListed(id: string, filter: FilterValues): Promise<boolean> {
    return this.#listed.loadWith(id, filter);
  }

  /** Returns the loader of the entity's changes. @throws Error where they are not recorded */
  changes(): ConnectionLoader<RecordedChange> {
    const { changes } = this.#reads;
    if (!changes) throw new Error("The changes of this entity are not recorded.");
    return (this.#changes ??= connectionLoader(this.#source, changes));
  }

  /** Returns the loader of the list under a parent. @param field the field of the parent, as `ClusterNode.vms` */
  under(field: Parent): ConnectionLoader<Row> {
    let loader = this.#under.get(field);
    if (!loader) {
      loader = connectionLoader(this.#source, this.#reads.under[field]);
      this.#under.set(field, loader);
    }
    return loader;
  }
}

/** Returns the loader of a connection under many parents, for one request. @param source what `pages` reads from */
export function connectionLoader<Source, Row>(source: Source, pages: Pages<Source, Row>): ConnectionLoader<Row> {
  const loader = new ArgumentLoader<{ args: PageArguments; withTotal: boolean }, Page<Row>>(
    (parents, { args, withTotal }) => pages(source, parents, args, withTotal),
  );
  return {
    load: (parent, args, field) =>
      loader.load(parent, field, () => ({ args, withTotal: selects(field, "totalCount") })),
  };
}

/** The loaders of some entities, by the names of their types. */
export type LoadersOf<Source, Entities> = {
  readonly [Type in keyof Entities]: Entities[Type] extends EntityReads<Source, infer Row, infer Parent>
    ? EntityLoaders<Source, Row, Parent>
    : never;
};

/** Creates the loaders of entities for one request. @param source the request's transaction */
export const entityLoaders = <Source, Entities extends Readonly<Record<string, EntityReads<Source, unknown, never>>>>(
  source: Source,
  entities: Entities,
): LoadersOf<Source, Entities> =>
  // The cast is needed because the type of an object's entries has lost which value belongs to which name.
  Object.fromEntries(
    Object.entries(entities).map(([type, reads]) => [type, new EntityLoaders(source, reads)]),
  ) as unknown as LoadersOf<Source, Entities>;

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
