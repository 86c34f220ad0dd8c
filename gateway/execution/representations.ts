import type { QueryPlanFieldNode, QueryPlanSelectionNode } from "@apollo/query-planner";
import { type Data, isData, put, reader } from "./data.ts";
import { merge } from "./merge.ts";
import type { FitsType } from "./types.ts";

type Select = (source: Data) => Data | null;

/** What is sent to a subgraph for entities: each distinct representation once, with everybody that waits for its answer. */
export interface Gathered {
  representations: Data[];
  holders: Data[][];
  /** The entities that the subgraph has no way to find: it resolves none of the keys that are known of them. */
  unresolvable: { representation: Data; holder: Data }[];
}

export interface RepresentationRules {
  rewrite: ((representation: Data) => void) | undefined;
  /** The keys that a type has in the subgraph. */
  keys(typename: string): readonly (readonly string[])[];
  fits: FitsType;
}

/**
 * Compiles what a fetch requires (keys, and what `@requires` names) into a function from entities to representations. An entity that lacks a part
 * of it, because another subgraph failed to say, has none.
 */
export function representationsOf(
  requires: readonly QueryPlanSelectionNode[],
  { rewrite, keys, fits }: RepresentationRules,
): (entities: readonly Data[]) => Gathered {
  const select = selectionOf(requires, fits);
  const hasKey = alwaysHasKey(requires, rewrite, keys) ? () => true : keyCheck(keys);
  return (entities) => {
    const gathered: Gathered = { representations: [], holders: [], unresolvable: [] };
    const known: Known = new Map();
    for (const entity of entities) {
      const representation = select(entity);
      if (!representation?.["__typename"]) continue;
      rewrite?.(representation);
      if (!hasKey(representation)) {
        // Of several fragments an object may fit one without its key, which the planner meant for objects of other types.
        const isOfAnother = requires.length > 1 && keys(String(representation["__typename"])).length > 0;
        if (!isOfAnother) gathered.unresolvable.push({ representation, holder: entity });
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

/** Whether every representation holds a key of the one type that is asked for, so that none need be looked at. */
function alwaysHasKey(
  [only, another]: readonly QueryPlanSelectionNode[],
  rewrite: RepresentationRules["rewrite"],
  keys: RepresentationRules["keys"],
): boolean {
  if (another || rewrite || only?.kind !== "InlineFragment" || only.typeCondition === undefined) return false;
  const names = only.selections.map((selection) => (selection.kind === "Field" ? selection.name : undefined));
  return keys(only.typeCondition).some((key) => key.every((name) => names.includes(name)));
}

/** Whether a representation holds a key by which the subgraph finds an entity of its type. */
function keyCheck(keys: RepresentationRules["keys"]): (representation: Data) => boolean {
  const known = new Map<unknown, ReturnType<typeof keys>>();
  return (representation) => {
    const typename = representation["__typename"];
    let own = known.get(typename);
    if (!own) known.set(typename, (own = keys(String(typename))));
    return own.some((key) => key.every((name) => Object.hasOwn(representation, name)));
  };
}

/** Who waits for each representation: by its type and what else it holds, as nearly all hold one key that is no object or list. */
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

/** Equal for values that are equal, and for no others. A string's length says where it ends, which costs less than to escape it as JSON does. */
function identityOf(value: unknown): string {
  if (typeof value === "string") return `${value.length}"${value}`;
  if (Array.isArray(value)) return `[${value.map(identityOf).join()}]`;
  if (!isData(value)) return String(value);
  let identity = "{";
  for (const key of Object.keys(value)) identity += `${identityOf(key)}${identityOf(value[key])}`;
  return `${identity}}`;
}

function selectionOf(selections: readonly QueryPlanSelectionNode[], fits: FitsType): Select {
  const parts = selections.map((selection) =>
    selection.kind === "Field" ? fieldOf(selection, fits) : fragmentOf(selection, fits),
  );
  return (source) => {
    const result: Data = {};
    for (const part of parts) if (!part(source, result)) return null;
    return result;
  };
}

type Part = (source: Data, result: Data) => boolean;

/** An alias says where the value is in the answer; a representation has it by the field's name. */
function fieldOf({ alias, name, selections }: QueryPlanFieldNode, fits: FitsType): Part {
  const read = reader(alias ?? name);
  const select = selections && selectionOf(selections, fits);
  const valueOf = (value: unknown): unknown => {
    if (!select) return value;
    if (Array.isArray(value)) return value.map(valueOf);
    return isData(value) ? select(value) : null;
  };
  return (source, result) => {
    const value = read(source);
    if (value === undefined) return false;
    put(result, name, valueOf(value));
    return true;
  };
}

function fragmentOf(
  { typeCondition, selections }: Extract<QueryPlanSelectionNode, { kind: "InlineFragment" }>,
  fits: FitsType,
): Part {
  if (typeCondition === undefined) return () => true;
  const select = selectionOf(selections, fits);
  return (source, result) => {
    const typename = source["__typename"];
    if (typeof typename !== "string" || !fits(typename, typeCondition)) return true;
    const part = select(source);
    if (part) merge(result, part, fits);
    return true;
  };
}
