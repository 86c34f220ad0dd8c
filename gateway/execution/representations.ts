import type { QueryPlanFieldNode, QueryPlanSelectionNode } from "@apollo/query-planner";
import { type Data, isData, put, reader } from "./data.ts";
import { merge } from "./merge.ts";
import type { FitsType } from "./types.ts";

type Select = (source: Data) => Data | null;

/** What is sent to a subgraph for entities: each distinct representation once, with everybody that waits for its answer. */
export interface Gathered {
  representations: Data[];
  holders: Data[][];
}

/**
 * Compiles what a fetch requires (keys, and what `@requires` names) into a function from entities to representations. An entity that lacks a part
 * of it, because another subgraph failed to say, has none.
 */
export function representationsOf(
  requires: readonly QueryPlanSelectionNode[],
  rewrite: ((representation: Data) => void) | undefined,
  fits: FitsType,
): (entities: readonly Data[]) => Gathered {
  const select = selectionOf(requires, fits);
  return (entities) => {
    const gathered: Gathered = { representations: [], holders: [] };
    const known = new Map<string, Data[]>();
    for (const entity of entities) {
      const representation = select(entity);
      if (!representation?.["__typename"]) continue;
      rewrite?.(representation);
      const identity = identityOf(representation);
      const waiting = known.get(identity);
      if (waiting) {
        waiting.push(entity);
        continue;
      }
      const holders = [entity];
      known.set(identity, holders);
      gathered.representations.push(representation);
      gathered.holders.push(holders);
    }
    return gathered;
  };
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
    if (part) merge(result, part);
    return true;
  };
}
