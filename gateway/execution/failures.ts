import type { FetchNode, QueryPlanSelectionNode } from "@apollo/query-planner";
import { Kind, parse, type SelectionSetNode } from "graphql";
import { fragmentsOf, keyOf } from "../operation.ts";
import { type Data, isData, put, reader } from "./data.ts";
import { fieldsIn } from "./fields-in.ts";
import { renamedPath } from "./rewrites.ts";
import type { FitsType } from "./types.ts";

/** Takes the place of a field that was not fetched because a field that it requires failed. No subgraph returns a symbol. */
export const unfetched = Symbol("unfetched");

/** The fields that a call for entities fills. They are read from its document when something fails, not before. */
export interface FilledFields {
  /** The keys of the fields of an entity, whatever its type. */
  keys(): ReadonlySet<string>;
  /** Puts `unfetched` in place of each of them that an entity lacks. */
  replaceMissing(entity: Data): void;
}

export function filledFields({ operation, outputRewrites }: FetchNode, fits: FitsType): FilledFields {
  const renamed = renamedPath(outputRewrites);
  const keyAt = (path: readonly string[]) => String(renamed(path).at(-1));
  const read = once(() => {
    const document = parse(operation, { noLocation: true });
    const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
    const [entities] = definition?.selectionSet.selections ?? [];
    const set = entities?.kind === Kind.FIELD ? entities.selectionSet : undefined;
    return { set, fragments: fragmentsOf(document) };
  });
  const fillObject = (object: Data, set: SelectionSetNode | undefined, path: readonly string[]): void => {
    const typename = object["__typename"];
    // Without a `__typename`, only one type is possible.
    const applies = (condition: string) => typeof typename !== "string" || fits(typename, condition);
    for (const field of fieldsIn(set, read().fragments, applies)) {
      const at = [...path, keyOf(field)];
      const key = keyAt(at);
      const value = reader(key)(object);
      if (value === undefined) put(object, key, unfetched);
      else if (field.selectionSet) fill(value, field.selectionSet, at);
    }
  };
  const fill = (value: unknown, set: SelectionSetNode, path: readonly string[]): void => {
    if (Array.isArray(value)) for (const item of value) fill(item, set, path);
    else if (isData(value)) fillObject(value, set, path);
  };
  return {
    keys: once(() => {
      const { set, fragments } = read();
      return new Set(fieldsIn(set, fragments, () => true).map((field) => keyAt([keyOf(field)])));
    }),
    replaceMissing: (entity) => fillObject(entity, read().set, []),
  };
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

/** What failed in one execution, as far as it keeps other fields from being fetched. */
export class Failures {
  readonly #failed = new Map<Data, Set<string>>();
  readonly #unfetched: { entity: Data; fields: FilledFields }[] = [];

  /** Adds fields of entities that failed, with an error. */
  add(entities: readonly Data[], fields: FilledFields): void {
    for (const entity of entities) {
      const failed = this.#failed.get(entity) ?? new Set();
      for (const key of fields.keys()) failed.add(key);
      this.#failed.set(entity, failed);
    }
  }

  /** Takes entities for which a subgraph is not called. It is a failure where they lack what the call requires because that failed. */
  skip(
    entities: readonly Data[],
    fields: FilledFields,
    { requires, fits }: { requires: readonly QueryPlanSelectionNode[]; fits: FitsType },
  ): void {
    if (this.#failed.size === 0 || entities.length === 0) return;
    const concerned = entities.filter((entity) => this.#lacksFailed(entity, requires, fits));
    this.add(concerned, fields);
    for (const entity of concerned) this.#unfetched.push({ entity, fields });
  }

  /** Marks the fields that were not fetched and that no other call has filled. */
  markUnfetched(): void {
    for (const { entity, fields } of this.#unfetched) fields.replaceMissing(entity);
  }

  /** @param isPart whether the object belongs to a field that failed */
  #lacksFailed(object: Data, required: readonly QueryPlanSelectionNode[], fits: FitsType, isPart = false): boolean {
    const failed = this.#failed.get(object);
    const within = (value: unknown, selections: readonly QueryPlanSelectionNode[], hasFailed: boolean): boolean =>
      Array.isArray(value)
        ? value.some((item) => within(item, selections, hasFailed))
        : isData(value) && this.#lacksFailed(value, selections, fits, hasFailed);
    return required.some((selection) => {
      if (selection.kind === "InlineFragment") {
        const { typeCondition, selections } = selection;
        const typename = object["__typename"];
        const isFor = typeCondition === undefined || (typeof typename === "string" && fits(typename, typeCondition));
        return isFor && this.#lacksFailed(object, selections, fits, isPart);
      }
      const key = selection.alias ?? selection.name;
      const value = reader(key)(object);
      const hasFailed = isPart || failed?.has(key) === true;
      return value === undefined ? hasFailed : within(value, selection.selections ?? [], hasFailed);
    });
  }
}
