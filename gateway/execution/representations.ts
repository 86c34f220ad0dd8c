import type { QueryPlanFieldNode, QueryPlanSelectionNode } from "@apollo/query-planner";
import { type Data, isData, put, reader } from "./data.ts";
import { merge } from "./merge.ts";
import type { FitsType } from "./types.ts";

type Select = (source: Data) => Data | null;

/** The representations sent to a subgraph for entities: each distinct one once, with all objects that wait for its entity. */
export interface Gathered {
  representations: Data[];
  holders: Data[][];
  /** The entities that the subgraph cannot find: it resolves none of the known keys. */
  unresolvable: { representation: Data; holder: Data }[];
  /** The entities for which the subgraph is not called: they are not of the types of the call, or lack a required field. */
  skipped: Data[];
}

export interface RepresentationRules {
  rewrite: ((representation: Data) => void) | undefined;
  /** Returns the keys that a type has in the subgraph. */
  keys(typename: string): readonly (readonly string[])[];
  fits: FitsType;
}

/**
 * Compiles the requirements of a fetch (keys, and the fields of `@requires`) into a function from entities to representations. An entity without a required
 * field, because another subgraph failed, has no representation.
 */
export function representationsOf(
  requires: readonly QueryPlanSelectionNode[],
  { rewrite, keys, fits }: RepresentationRules,
): (entities: readonly Data[]) => Gathered {
  const select = selectionOf(requires, fits, true);
  const hasKey = alwaysHasKey(requires, rewrite, keys) ? () => true : keyCheck(keys);
  return (entities) => {
    const gathered: Gathered = { representations: [], holders: [], unresolvable: [], skipped: [] };
    const known: Known = new Map();
    for (const entity of entities) {
      const representation = select(entity);
      if (!representation?.["__typename"]) {
        gathered.skipped.push(entity);
        continue;
      }
      rewrite?.(representation);
      if (!hasKey(representation)) {
        // With several fragments, an object may fit one without its key. The planner meant that fragment for objects of other types.
        const isOfAnother = requires.length > 1 && keys(String(representation["__typename"])).length > 0;
        if (isOfAnother) gathered.skipped.push(entity);
        else gathered.unresolvable.push({ representation, holder: entity });
        continue;
      }
      const waiting = waitingFor(known, representation);
      if (waiting.length === 0) {
        gathered.representations.push(representation);
        gathered.holders.push(waiting);
      }
      waiting.push(entity);
    }
    return gathered;
  };
}

/** Returns whether every representation holds a key of the only requested type, so that none must be checked. */
function alwaysHasKey(
  [only, another]: readonly QueryPlanSelectionNode[],
  rewrite: RepresentationRules["rewrite"],
  keys: RepresentationRules["keys"],
): boolean {
  if (another || rewrite || only?.kind !== "InlineFragment" || only.typeCondition === undefined) return false;
  const names = only.selections.map((selection) => (selection.kind === "Field" ? selection.name : undefined));
  return keys(only.typeCondition).some((key) => key.every((name) => names.includes(name)));
}

/** Returns a check whether a representation holds a key by which the subgraph finds an entity of its type. */
function keyCheck(keys: RepresentationRules["keys"]): (representation: Data) => boolean {
  const known = new Map<unknown, ReturnType<typeof keys>>();
  return (representation) => {
    const typename = representation["__typename"];
    let own = known.get(typename);
    if (!own) known.set(typename, (own = keys(String(typename))));
    return own.some((key) => key.every((name) => Object.hasOwn(representation, name)));
  };
}

/** The objects that wait for each representation, by its type and the rest of it. Nearly all representations hold one key that is not an object or list. */
type Known = Map<unknown, Map<string, Map<unknown, Data[]>>>;

function waitingFor(known: Known, representation: Data): Data[] {
  const typename = representation["__typename"];
  const names = Object.keys(representation);
  const key = names.length === 2 ? (names[0] === "__typename" ? names[1] : names[0]) : undefined;
  const value = key === undefined ? undefined : representation[key];
  if (key === undefined || typeof value === "object") return ofKey(known, typename, "", identityOf(representation));
  return ofKey(known, typename, key, value);
}

function ofKey(known: Known, typename: unknown, name: string, value: unknown): Data[] {
  let byName = known.get(typename);
  if (!byName) known.set(typename, (byName = new Map()));
  let byValue = byName.get(name);
  if (!byValue) byName.set(name, (byValue = new Map()));
  let waiting = byValue.get(value);
  if (!waiting) byValue.set(value, (waiting = []));
  return waiting;
}

/** Returns a text that is equal for equal values only. The length prefix marks the end of a string, which costs less than JSON escapes. */
function identityOf(value: unknown): string {
  if (typeof value === "string") return `${value.length}"${value}`;
  if (Array.isArray(value)) return `[${value.map(identityOf).join()}]`;
  if (!isData(value)) return String(value);
  let identity = "{";
  for (const key of Object.keys(value)) identity += `${identityOf(key)}${identityOf(value[key])}`;
  return `${identity}}`;
}

/** Compiles the selection of an object. It returns null for an object without one of the fields, because another subgraph failed. */
function selectionOf(selections: readonly QueryPlanSelectionNode[], fits: FitsType, isEntity = false): Select {
  const parts = selections.map((selection) =>
    selection.kind === "Field" ? fieldOf(selection, fits) : fragmentOf(selection, fits, isEntity),
  );
  return (source) => {
    const result: Data = {};
    for (const part of parts) if (!part(source, result)) return null;
    return result;
  };
}

/** Adds to a representation. @returns false when a field is missing */
type Part = (source: Data, result: Data) => boolean;

/** Reads a field by its alias, which is its key in the response, and writes it to the representation by its name. */
function fieldOf({ alias, name, selections }: QueryPlanFieldNode, fits: FitsType): Part {
  const read = reader(alias ?? name);
  const select = selections && selectionOf(selections, fits);
  const valueOf = (value: unknown): unknown => {
    if (!select) return value;
    if (Array.isArray(value)) {
      const values = value.map(valueOf);
      return values.includes(undefined) ? undefined : values;
    }
    // An object that lacks a field is not null: its subgraph would compute another value from a null.
    return isData(value) ? (select(value) ?? undefined) : null;
  };
  return (source, result) => {
    const held = read(source);
    const value = held === undefined ? undefined : valueOf(held);
    if (value === undefined) return false;
    put(result, name, value);
    return true;
  };
}

/** @param isOptional whether an object may fit the fragment without its fields: the planner meant another one for it */
function fragmentOf(
  { typeCondition, selections }: Extract<QueryPlanSelectionNode, { kind: "InlineFragment" }>,
  fits: FitsType,
  isOptional: boolean,
): Part {
  if (typeCondition === undefined) return () => true;
  const select = selectionOf(selections, fits);
  return (source, result) => {
    const typename = source["__typename"];
    if (typeof typename !== "string" || !fits(typename, typeCondition)) return true;
    const part = select(source);
    if (part) merge(result, part, fits);
    return isOptional || part !== null;
  };
}
