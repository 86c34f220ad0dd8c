import type { FetchNode, QueryPlanSelectionNode } from "@apollo/query-planner";
import {
  type FieldNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { keyOf, type Operation } from "../operation.ts";

/** A call of the plan for entities. */
export interface PlacedFetch {
  fetch: FetchNode;
  /** The keys of the path to the entities. */
  keys: readonly string[];
  /** What the call selects of each entity. */
  selections: readonly SelectionNode[];
  /** Keys of the call's response → keys of the data, where these differ. */
  renamed: ReadonlyMap<string, string>;
}

/** Returns whether an object fits a type condition. */
export type Fits = (condition: string) => boolean;

/** Fits every condition: an object whose type is not known yet. */
export const anyType: Fits = () => true;

/** What an operation, or a call of the plan, needs of an object: a field, or fields under a type condition. */
type Needed = NeededField | { on: string | undefined; inner: readonly Needed[] };

interface NeededField {
  key: string;
  type: GraphQLCompositeType | undefined;
  inner: readonly Needed[];
}

/** All needs of objects at one place. */
export interface NeededObject {
  /** The keys of the path to the objects. */
  keys: readonly string[];
  /** The types that the fields of the objects are declared with. */
  types: readonly GraphQLCompositeType[];
  needed: readonly Needed[];
}

export type NeededFields = ReadonlyMap<string, NeededObject>;

/** More steps than any operation of a person takes: some milliseconds. */
const maxSteps = 20_000;

/** Thrown for an operation whose needs take too long to find. */
export class TooManySteps extends Error {}

/**
 * The fields that an operation needs, by the types of all objects on the way to them. A call of the plan needs what it requires, for those objects alone for
 * which the call itself is needed.
 */
export class Needs {
  readonly root: NeededObject;
  readonly #schema: GraphQLSchema;
  readonly #fetches = new Map<string, { fetch: PlacedFetch; required: readonly Needed[] }[]>();
  readonly #everything = new Map<string, NeededFields>();
  #steps = 0;

  /** @param fetches in an order in which the plan may execute them */
  constructor(schema: GraphQLSchema, { definition }: Operation, fetches: readonly PlacedFetch[]) {
    this.#schema = schema;
    const type = schema.getRootType(definition.operation);
    this.root = { keys: [], types: type ? [type] : [], needed: this.#selectedIn(definition.selectionSet, type) };
    for (const fetch of fetches.toReversed()) {
      const place = fetch.keys.join();
      const required = this.#requiredIn(fetch.fetch.requires, undefined);
      this.#fetches.set(place, [...(this.#fetches.get(place) ?? []), { fetch, required }]);
    }
  }

  /** Returns the needed fields of objects of one type. */
  fields(object: NeededObject, fits: Fits): NeededFields {
    const found = new Map<string, NeededObject>();
    this.#collect(object.needed, { fits, found, keys: object.keys });
    for (const { fetch, required } of this.#fetches.get(object.keys.join()) ?? []) {
      if (this.#isNeeded(fetch, object, found, fits)) this.#collect(required, { fits, found, keys: object.keys });
    }
    return found;
  }

  /** Returns the fields that are needed at a place for any types of the objects on the way. */
  everything(keys: readonly string[]): NeededFields {
    const place = keys.join();
    let found = this.#everything.get(place);
    if (!found) {
      const last = keys.at(-1);
      const object = last === undefined ? this.root : this.everything(keys.slice(0, -1)).get(last);
      const all = new Map<string, NeededObject>();
      this.#collect(object?.needed ?? [], { fits: anyType, found: all, keys });
      for (const { required } of this.#fetches.get(place) ?? [])
        this.#collect(required, { fits: anyType, found: all, keys });
      this.#everything.set(place, (found = all));
    }
    return found;
  }

  /** Returns the fields that calls require, and the paths to the objects that they require in their entities: all as seen from the objects at a place. */
  required(keys: readonly string[]): { fields: NeededFields; objects: ReadonlySet<string> } {
    const found = new Map<string, NeededObject>();
    const objects = new Set<string>();
    for (const { fetch, required } of [...this.#fetches.values()].flat()) {
      const needed = fetch.keys.reduceRight<readonly Needed[]>(
        (inner, key) => [{ key, type: undefined, inner }],
        required,
      );
      this.#collect(this.#below(needed, keys), { fits: anyType, found, keys });
      for (const path of objectPaths(required, fetch.keys))
        if (keys.every((key, depth) => path[depth] === key)) objects.add(path.slice(keys.length).join());
    }
    return { fields: found, objects };
  }

  #below(needed: readonly Needed[], [key, ...rest]: readonly string[]): readonly Needed[] {
    if (key === undefined) return needed;
    const found = new Map<string, NeededObject>();
    this.#collect(needed, { fits: anyType, found, keys: [] });
    return this.#below(found.get(key)?.needed ?? [], rest);
  }

  /** Returns the type conditions on which the needs of an object depend. */
  conditions(object: NeededObject): ReadonlySet<string> {
    const found = new Set<string>();
    addConditions(object.needed, found);
    for (const { fetch, required } of this.#fetches.get(object.keys.join()) ?? []) {
      addConditions(required, found);
      addSelected(fetch.selections, found);
    }
    return found;
  }

  /**
   * Returns the needed part of what a call selects of an object. Fields that nothing is known to need are kept.
   * @param fields the needed fields of the object
   */
  narrowed(
    selections: readonly SelectionNode[],
    fields: NeededFields,
    { keys, renamed }: Pick<PlacedFetch, "keys" | "renamed">,
  ): SelectionNode[] {
    const everything = this.everything(keys);
    return selections.flatMap((selection): SelectionNode[] => {
      this.#step();
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = this.narrowed(selection.selectionSet.selections, fields, { keys, renamed });
        return inner.length === 0 ? [] : [withSelections(selection, inner)];
      }
      const own = keyOf(selection);
      const key = renamed.get(own) ?? own;
      if (selection.name.value === "__typename" || !everything.has(key)) return [selection];
      const object = fields.get(key);
      if (!object) return [];
      if (!selection.selectionSet) return [selection];
      const inner = this.fields(object, anyType);
      const within = this.narrowed(selection.selectionSet.selections, inner, { keys: object.keys, renamed });
      // The object itself is needed even if nothing in it is.
      return [within.length === 0 ? selection : withSelections(selection, within)];
    });
  }

  #isNeeded({ selections, renamed }: PlacedFetch, { keys }: NeededObject, fields: NeededFields, fits: Fits): boolean {
    const own = ofType(selections, fits);
    return own.length > 0 && (isEmpty(own) || !isEmpty(this.narrowed(own, fields, { keys, renamed })));
  }

  #collect(
    needed: readonly Needed[],
    into: { fits: Fits; found: Map<string, NeededObject>; keys: readonly string[] },
  ): void {
    for (const each of needed) {
      this.#step();
      if ("on" in each) {
        if (each.on === undefined || into.fits(each.on)) this.#collect(each.inner, into);
        continue;
      }
      const { key, type, inner } = each;
      const held = into.found.get(key) ?? { keys: [...into.keys, key], types: [], needed: [] };
      into.found.set(key, {
        keys: held.keys,
        types: type && !held.types.includes(type) ? [...held.types, type] : held.types,
        needed: [...held.needed, ...inner],
      });
    }
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new TooManySteps();
  }

  #selectedIn(set: SelectionSetNode | undefined, type: GraphQLCompositeType | undefined | null): Needed[] {
    return (set?.selections ?? []).flatMap((selection): Needed[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      if (selection.kind === Kind.FIELD) return [this.#field(selection, type)];
      const on = selection.typeCondition?.name.value;
      return [{ on, inner: this.#selectedIn(selection.selectionSet, this.#named(on) ?? type) }];
    });
  }

  #field(field: FieldNode, parent: GraphQLCompositeType | undefined | null): NeededField {
    const type = fieldType(parent, field.name.value);
    return { key: keyOf(field), type, inner: this.#selectedIn(field.selectionSet, type) };
  }

  #requiredIn(
    selections: readonly QueryPlanSelectionNode[] | undefined,
    parent: GraphQLCompositeType | undefined,
  ): Needed[] {
    return (selections ?? []).map((selection) => {
      if (selection.kind === "InlineFragment") {
        const on = selection.typeCondition;
        return { on, inner: this.#requiredIn(selection.selections, this.#named(on) ?? parent) };
      }
      const type = fieldType(parent, selection.name);
      return {
        key: selection.alias ?? selection.name,
        type,
        inner: this.#requiredIn(selection.selections, type),
      };
    });
  }

  #named(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : this.#schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }
}

function fieldType(parent: GraphQLCompositeType | undefined | null, name: string): GraphQLCompositeType | undefined {
  if (!parent || isUnionType(parent)) return undefined;
  const type = getNamedType(parent.getFields()[name]?.type);
  return isCompositeType(type) ? type : undefined;
}

function* objectPaths(needed: readonly Needed[], above: readonly string[]): Generator<readonly string[]> {
  for (const each of needed) {
    if ("on" in each) yield* objectPaths(each.inner, above);
    else if (each.inner.length > 0) {
      const path = [...above, each.key];
      yield path;
      yield* objectPaths(each.inner, path);
    }
  }
}

function addConditions(needed: readonly Needed[], to: Set<string>): void {
  for (const each of needed) {
    if (!("on" in each)) continue;
    if (each.on !== undefined) to.add(each.on);
    addConditions(each.inner, to);
  }
}

function addSelected(selections: readonly SelectionNode[], to: Set<string>): void {
  for (const selection of selections) {
    if (selection.kind !== Kind.INLINE_FRAGMENT) continue;
    if (selection.typeCondition) to.add(selection.typeCondition.name.value);
    addSelected(selection.selectionSet.selections, to);
  }
}

const withSelections = <Node extends { readonly selectionSet?: SelectionSetNode | undefined }>(
  node: Node,
  selections: readonly SelectionNode[],
): Node => ({ ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } });

/** Returns the selections that a subgraph resolves for objects of one type. */
export function ofType(selections: readonly SelectionNode[], fits: Fits): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const condition = selection.typeCondition?.name.value;
    if (condition !== undefined && !fits(condition)) return [];
    const inner = ofType(selection.selectionSet.selections, fits);
    return inner.length === 0 ? [] : [withSelections(selection, inner)];
  });
}

/** Returns whether selections have no field but `__typename`. */
export const isEmpty = (selections: readonly SelectionNode[]): boolean =>
  selections.every((each) =>
    each.kind === Kind.INLINE_FRAGMENT
      ? isEmpty(each.selectionSet.selections)
      : each.kind === Kind.FIELD && each.name.value === "__typename",
  );
