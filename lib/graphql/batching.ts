import DataLoader from "dataloader";
import type { GraphQLResolveInfo } from "graphql";
import type { Page, PageArguments } from "./pagination.ts";
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
interface PageList<Source, Row> {
  page(source: Source, args: PageArguments, withTotal: boolean): Promise<Page<Row>>;
}
type FilterValues = Readonly<Record<string, unknown>>;
interface FilteredList<Source> {
  among(source: Source, ids: readonly string[], filter: FilterValues): Promise<readonly boolean[]>;
}
/** Decides whether a list with this filter holds the row with this id; all ids with equal filters share one statement. */
export type RowCheck = (id: string, filter: FilterValues) => Promise<boolean>;

/** Returns functions that turn the batch functions of a data source (a transaction) into the loaders of one request. */
export function loadersOn<Source>(source: Source) {
  return {
    /** An object by its key. */
    one: <Row>(lookup: Lookup<Source, Row>): BatchLoader<Row> => batchLoader((keys) => lookup(source, keys)),
    /** A page of a list without a parent. */
    list:
      <Row>(list: PageList<Source, Row>) =>
      (args: PageArguments, withTotal: boolean): Promise<Page<Row>> =>
        list.page(source, args, withTotal),
    /** Whether a list with a filter holds a row. */
    among: (list: FilteredList<Source>): RowCheck => {
      const loader = new ArgumentLoader<FilterValues, boolean>((ids, filter) => list.among(source, ids, filter));
      return (id, filter) => loader.loadWith(id, filter);
    },
    /** A page of a list under a parent. */
    under: <Row>(pages: Pages<Source, Row>): ConnectionLoader<Row> => {
      const loader = new ArgumentLoader<{ args: PageArguments; withTotal: boolean }, Page<Row>>(
        (parents, { args, withTotal }) => pages(source, parents, args, withTotal),
      );
      return {
        load: (parent, args, field) =>
          loader.load(parent, field, () => ({ args, withTotal: selects(field, "totalCount") })),
      };
    },
  };
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
