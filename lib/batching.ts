import DataLoader from "dataloader";
import type { Page, PageArguments } from "./pagination.ts";

/** Loads what one key stands for; all keys of a tick become one call. Lives for one request. */
export type BatchLoader<Value> = Pick<DataLoader<string, Value | null>, "load">;

export const batchLoader = <Value>(
  batch: (keys: readonly string[]) => Promise<readonly (Value | null)[]>,
): BatchLoader<Value> => new DataLoader<string, Value | null>(batch);

/** Loads something that depends on arguments as well: one batch per distinct set of arguments. */
export class ArgumentLoader<Arguments, Value> {
  readonly #batch: (keys: readonly string[], args: Arguments) => Promise<readonly Value[]>;
  readonly #loaders = new Map<string, DataLoader<string, Value>>();

  constructor(batch: (keys: readonly string[], args: Arguments) => Promise<readonly Value[]>) {
    this.#batch = batch;
  }

  /** Two aliases of a field with equal arguments share a batch; with different ones each has its own. */
  load(key: string, args: Arguments): Promise<Value> {
    const canonical = canonicalJson(args);
    let loader = this.#loaders.get(canonical);
    if (!loader) {
      loader = new DataLoader<string, Value>((keys) => this.#batch(keys, args));
      this.#loaders.set(canonical, loader);
    }
    return loader.load(key);
  }
}

/** The page of a connection under one parent; all parents that ask with equal arguments share one statement. */
export interface ConnectionLoader<Row> {
  load(parent: string, args: PageArguments, withTotal: boolean): Promise<Page<Row>>;
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

/** Turns the batch questions of a data source (a transaction) into the loaders of one request. */
export function loadersOn<Source>(source: Source) {
  return {
    /** An object by its key. */
    one: <Row>(lookup: Lookup<Source, Row>): BatchLoader<Row> => batchLoader((keys) => lookup(source, keys)),
    /** A page of a list by itself. */
    list:
      <Row>(list: PageList<Source, Row>) =>
      (args: PageArguments, withTotal: boolean): Promise<Page<Row>> =>
        list.page(source, args, withTotal),
    /** A page of a list under a parent. */
    under: <Row>(pages: Pages<Source, Row>): ConnectionLoader<Row> => {
      const loader = new ArgumentLoader<{ args: PageArguments; withTotal: boolean }, Page<Row>>(
        (parents, { args, withTotal }) => pages(source, parents, args, withTotal),
      );
      return { load: (parent, args, withTotal) => loader.load(parent, { args, withTotal }) };
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
