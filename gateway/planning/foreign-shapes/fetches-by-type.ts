import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode, ResponsePath } from "@apollo/query-planner";
import {
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  Kind,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from "graphql";
import { keyOf, type Operation } from "../../operation.ts";
import type { PlannedSupergraph } from "../planned-supergraph.ts";

/** A call for entities of certain types only, by their `__typename`. */
export interface FetchByType extends FetchNode {
  ofTypes?: readonly string[];
}

interface TypesOf {
  interfaceObjects: PlannedSupergraph["interfaceObjects"];
  schema: GraphQLSchema;
}

/**
 * Returns the plan with separate calls for the types of `@interfaceObject`. A subgraph that knows objects of several types as one is called once for each
 * type whose fields differ. Apollo's planner requests the fields of all types for each object: a failed non-nullable field of another type would also null
 * the fields of this object.
 */
export function fetchesByType(plan: QueryPlan, operation: Operation, types: TypesOf): QueryPlan {
  const { node } = plan;
  if (!node || types.interfaceObjects.size === 0) return plan;
  const selected = selectedIn(operation.definition.selectionSet);
  const gather = (step: PlanNode | undefined, path: ResponsePath): void => {
    if (step?.kind === "Flatten") gather(step.node, [...path, ...step.path]);
    else if (step?.kind === "Sequence" || step?.kind === "Parallel")
      for (const child of step.nodes) gather(child, path);
    else if (step?.kind === "Fetch" && step.requires) selected.push(...at(path, requiredIn(step.requires)));
  };
  const rest = node.kind === "Subscription" ? node.rest : node;
  gather(rest, []);
  const divided = (step: PlanNode, path: ResponsePath): PlanNode => {
    switch (step.kind) {
      case "Flatten":
        return { ...step, node: divided(step.node, [...path, ...step.path]) };
      case "Sequence":
      case "Parallel":
        return { ...step, nodes: step.nodes.map((child) => divided(child, path)) };
      case "Fetch":
        return inTypes(step, below(selected, path), types);
      default:
        return step;
    }
  };
  if (node.kind !== "Subscription") return { ...plan, node: divided(node, []) };
  return { ...plan, node: { ...node, ...(node.rest ? { rest: divided(node.rest, []) } : {}) } };
}

/** What an operation, or another call of the plan, needs from an object: a field, or fields under a type condition. */
type Selected = { key: string; inner: readonly Selected[] } | { on: string | undefined; inner: readonly Selected[] };

const selectedIn = (set: SelectionSetNode | undefined): Selected[] =>
  (set?.selections ?? []).flatMap((selection): Selected[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const inner = selectedIn(selection.selectionSet);
    return [
      selection.kind === Kind.FIELD
        ? { key: keyOf(selection), inner }
        : { on: selection.typeCondition?.name.value, inner },
    ];
  });

const requiredIn = (selections: readonly QueryPlanSelectionNode[] = []): Selected[] =>
  selections.map((selection) => {
    const inner = requiredIn(selection.selections);
    return selection.kind === "Field"
      ? { key: selection.alias ?? selection.name, inner }
      : { on: selection.typeCondition, inner };
  });

const keysOn = (path: ResponsePath): string[] => path.map(String).filter((key) => key !== "@");

const at = (path: ResponsePath, selected: readonly Selected[]): readonly Selected[] =>
  keysOn(path).reduceRight<readonly Selected[]>((inner, key) => [{ key, inner }], selected);

const below = (selected: readonly Selected[], path: ResponsePath): readonly Selected[] =>
  keysOn(path).reduce((within, key) => fieldsOf(within, () => true).get(key) ?? [], selected);

/** Returns the fields of the fitting fragments by their keys. */
function fieldsOf(selected: readonly Selected[], fits: (condition: string) => boolean) {
  const found = new Map<string, Selected[]>();
  const collect = (within: readonly Selected[]): void => {
    for (const each of within) {
      if ("key" in each) found.set(each.key, [...(found.get(each.key) ?? []), ...each.inner]);
      else if (each.on === undefined || fits(each.on)) collect(each.inner);
    }
  };
  collect(selected);
  return found;
}

function inTypes(fetch: FetchNode, selected: readonly Selected[], { interfaceObjects, schema }: TypesOf): PlanNode {
  const known = (fetch.inputRewrites ?? []).flatMap((rewrite) =>
    rewrite.kind === "ValueSetter" && rewrite.path.at(-1) === "__typename" ? String(rewrite.setValueTo) : [],
  );
  const isInterfaceObject = (name: string) => interfaceObjects.get(name)?.has(fetch.serviceName) === true;
  if (!fetch.requires || !known.some(isInterfaceObject)) return fetch;
  const document = parse(fetch.operation, { noLocation: true });
  const renamed = new Map(
    (fetch.outputRewrites ?? []).flatMap((rewrite) =>
      rewrite.kind === "KeyRenamer" ? [[rewrite.path.at(-1) ?? "", rewrite.renameKeyTo] as const] : [],
    ),
  );
  const operationFor = (typename: string): string | undefined => {
    const type = schema.getType(typename);
    const fits = (condition: string): boolean => {
      const wanted = schema.getType(condition);
      // For an object whose type is not known yet, any field may be needed.
      if (condition === typename || isInterfaceType(type)) return true;
      return isAbstractType(wanted) && schema.getPossibleTypes(wanted).some(({ name }) => name === typename);
    };
    let isEmpty = true;
    const narrowed = visit(document, {
      Field: (field) => {
        if (field.name.value !== "_entities" || !field.selectionSet) return undefined;
        const selections = needed(field.selectionSet.selections, fieldsOf(selected, fits), renamed);
        isEmpty = selections.every((each) => each.kind === Kind.INLINE_FRAGMENT && isNothing(each.selectionSet));
        return { ...field, selectionSet: { ...field.selectionSet, selections } };
      },
    });
    return isEmpty ? undefined : stripIgnoredCharacters(print(narrowed));
  };
  const byOperation = new Map<string, string[]>();
  for (const typename of typesIn(fetch.requires, schema)) {
    const operation = operationFor(typename);
    if (operation !== undefined) byOperation.set(operation, [...(byOperation.get(operation) ?? []), typename]);
  }
  if (byOperation.size < 2) return fetch;
  return {
    kind: "Parallel",
    nodes: [...byOperation].map(([operation, ofTypes]): FetchByType => ({ ...fetch, operation, ofTypes })),
  };
}

const isNothing = ({ selections }: SelectionSetNode): boolean =>
  selections.every((each) => each.kind === Kind.FIELD && each.name.value === "__typename");

/** Returns the needed selections: for a key that is renamed to another one, those that the other key needs. */
function needed(
  selections: readonly SelectionNode[],
  fields: ReadonlyMap<string, readonly Selected[]>,
  renamed: ReadonlyMap<string, string>,
): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = needed(selection.selectionSet.selections, fields, renamed);
      return inner.length === 0
        ? []
        : [{ ...selection, selectionSet: { kind: Kind.SELECTION_SET, selections: inner } }];
    }
    const key = keyOf(selection);
    const inner = fields.get(renamed.get(key) ?? key);
    if (selection.name.value === "__typename") return [selection];
    if (!inner) return [];
    if (!selection.selectionSet) return [selection];
    const within = needed(
      selection.selectionSet.selections,
      fieldsOf(inner, () => true),
      renamed,
    );
    // The object itself is needed even if nothing in it is.
    return within.length === 0
      ? [selection]
      : [{ ...selection, selectionSet: { kind: Kind.SELECTION_SET, selections: within } }];
  });
}

/** Returns the values that `__typename` of the objects of a call may have. */
function typesIn(requires: readonly QueryPlanSelectionNode[], schema: GraphQLSchema): Set<string> {
  const found = new Set<string>();
  for (const selection of requires) {
    if (selection.kind !== "InlineFragment" || selection.typeCondition === undefined) continue;
    const type = schema.getType(selection.typeCondition);
    if (isInterfaceType(type)) for (const { name } of schema.getImplementations(type).interfaces) found.add(name);
    found.add(selection.typeCondition);
    if (isAbstractType(type)) for (const { name } of schema.getPossibleTypes(type)) found.add(name);
  }
  return found;
}
