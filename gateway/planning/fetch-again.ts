import type { FetchNode } from "@apollo/query-planner";
import { Kind, parse, print, type SelectionNode, stripIgnoredCharacters, visit } from "graphql";
import { keyOf } from "../operation.ts";
import { isEmpty, type Needs, type PlacedFetch } from "./needed-fields.ts";
import type { PlannedSupergraph } from "./planned-supergraph.ts";

/** A call with the part of it that is fetched again when a field that failed made this part null. */
export interface FetchAgain extends FetchNode {
  again?: Again;
}

export interface Again {
  fetch: FetchNode;
  /** The paths of the objects that others require, as keys joined by commas: from the root, or from an entity. */
  objects: ReadonlySet<string>;
  /** The names of the interfaces of which entities are known until the call returns their types. */
  interfaces: ReadonlySet<string>;
}

/**
 * Returns a call with the part that others need whatever the client selects: what fields of the objects around it require, and the type of an entity of which
 * only an interface is known. A failed non-null field of the client would make this part null too.
 */
export function withAgain(
  fetch: FetchNode,
  { keys, selections, renamed }: PlacedFetch,
  { needs, interfaceObjects }: { needs: Needs } & Pick<PlannedSupergraph, "interfaceObjects">,
): FetchAgain {
  const { fields, objects: required } = needs.required(keys);
  const part = needs.narrowed(selections, fields, { keys, renamed });
  const objects = new Set([...objectsIn(selections, renamed)].filter((path) => required.has(path)));
  const interfaces = new Set(
    part.flatMap((each) => (each.kind === Kind.INLINE_FRAGMENT ? (each.typeCondition?.name.value ?? []) : [])),
  );
  for (const name of interfaces)
    if (interfaceObjects.get(name)?.has(fetch.serviceName) !== false) interfaces.delete(name);
  if (textOf(part) === textOf(selections) || (isEmpty(part) && interfaces.size === 0)) return fetch;
  if (objects.size === 0 && interfaces.size === 0) return fetch;
  return { ...fetch, again: { fetch: withSelections(fetch, textOf(part)), objects, interfaces } };
}

/** Yields the paths of the objects that selections lead to, with that of the object itself. */
function* objectsIn(
  selections: readonly SelectionNode[],
  renamed: PlacedFetch["renamed"],
  path: readonly string[] = [],
): Generator<string> {
  yield path.join();
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) yield* objectsIn(selection.selectionSet.selections, renamed, path);
    if (selection.kind !== Kind.FIELD || !selection.selectionSet) continue;
    const key = keyOf(selection);
    yield* objectsIn(selection.selectionSet.selections, renamed, [...path, renamed.get(key) ?? key]);
  }
}

export const textOf = (selections: readonly SelectionNode[]): string => selections.map((each) => print(each)).join(" ");

/** Returns a call that selects something else: of its entities, or of the root. */
export function withSelections(fetch: FetchNode, text: string): FetchNode {
  const [selected] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  if (selected?.kind !== Kind.OPERATION_DEFINITION) return fetch;
  const { selectionSet } = selected;
  const used = new Set(["representations"]);
  visit(selected, { Variable: ({ name }) => void used.add(name.value) });
  const operation = parse(fetch.operation, { noLocation: true });
  for (const definition of operation.definitions) {
    // The planner puts the operation's own directives on every call.
    for (const directive of definition.kind === Kind.OPERATION_DEFINITION ? (definition.directives ?? []) : [])
      visit(directive, { Variable: ({ name }) => void used.add(name.value) });
  }
  const document = visit(operation, {
    OperationDefinition: (definition) => {
      const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) =>
        used.has(variable.name.value),
      );
      return { ...definition, variableDefinitions, ...(fetch.requires ? {} : { selectionSet }) };
    },
    Field: (field) => (fetch.requires && field.name.value === "_entities" ? { ...field, selectionSet } : undefined),
  });
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(document)),
    variableUsages: (fetch.variableUsages ?? []).filter((name) => used.has(name)),
  };
}
