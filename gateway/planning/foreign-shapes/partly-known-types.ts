import {
  baseType,
  type CompositeType,
  isAbstractType,
  isCompositeType,
  isUnionType,
  type ObjectType,
  possibleRuntimeTypes,
  type Subgraph,
  type Supergraph,
} from "@apollo/federation-internals";
import type { FetchNode, PlanNode, QueryPlan, ResponsePath } from "@apollo/query-planner";
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from "graphql";
import { keyOf } from "../../operation.ts";
import { fragmentOn, typename } from "../selection-nodes.ts";
import { withFetches } from "../plan-fetches.ts";
import { isPlannedOf, type PlannedFields, plannedFields } from "../planned-fields.ts";

/**
 * Completes a plan where several subgraphs have a field, and each knows other types behind its union or interface. Apollo's planner assumes that objects
 * have a type that all of them know, and selects nothing of the other types. But a subgraph may return a type that it alone knows. The fields that this
 * subgraph itself has of such an object are selected with the field.
 */
export function withPartlyKnownTypes(plan: QueryPlan, document: DocumentNode, supergraph: Supergraph): QueryPlan {
  if (!hasPartlyKnownTypes(supergraph)) return plan;
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation || !plan.node) return plan;
  const completion = new Completion(supergraph, operation, plannedFields(plan));
  const paths = pathsOfFetches(plan);
  return withFetches(plan, (fetch) => completion.completed(fetch, paths.get(fetch) ?? []));
}

/** The union of all entities of a subgraph, which is not a type of the supergraph. */
const entities = "_Entity";

const known = new WeakMap<Supergraph, boolean>();

/** Returns whether subgraphs know different types behind some union or interface. */
function hasPartlyKnownTypes(supergraph: Supergraph): boolean {
  let found = known.get(supergraph);
  if (found === undefined) {
    const behind = new Map<string, string>();
    found = supergraph
      .subgraphs()
      .values()
      .some(({ schema }) =>
        [...schema.unionTypes(), ...schema.interfaceTypes()].some((type) => {
          if (type.name === entities) return false;
          const names = namesOf(possibleRuntimeTypes(type)).sort().join();
          const others = behind.get(type.name) ?? names;
          behind.set(type.name, others);
          return others !== names;
        }),
      );
    known.set(supergraph, found);
  }
  return found;
}

const namesOf = (types: readonly { name: string }[]): string[] => types.map(({ name }) => name);

function pathsOfFetches({ node }: QueryPlan): Map<FetchNode, ResponsePath> {
  const found = new Map<FetchNode, ResponsePath>();
  const visitNode = (step: PlanNode | undefined, path: ResponsePath): void => {
    if (step?.kind === "Fetch") found.set(step, path);
    else if (step?.kind === "Flatten") visitNode(step.node, [...path, ...step.path]);
    else if (step?.kind === "Sequence" || step?.kind === "Parallel")
      for (const child of step.nodes) visitNode(child, path);
  };
  if (node?.kind === "Subscription") {
    found.set(node.primary, []);
    visitNode(node.rest, []);
  } else visitNode(node, []);
  return found;
}

/** The names that composition uses. */
const rootTypes = { query: "Query", mutation: "Mutation", subscription: "Subscription" } as const;

/** A fetch, and the place in the response of the objects of its selections. */
interface Place {
  fetch: FetchNode;
  subgraph: Subgraph;
  path: readonly string[];
}

class Completion {
  readonly #supergraph: Supergraph;
  readonly #operation: OperationDefinitionNode;
  readonly #planned: PlannedFields;
  /** By paths of response keys: the selections of the operation there. */
  readonly #selected = new Map<string, SelectionSetNode[]>();
  /** By paths: the first fetch of the objects there. */
  readonly #brought = new Map<string, FetchNode>();

  constructor(supergraph: Supergraph, operation: OperationDefinitionNode, planned: PlannedFields) {
    this.#supergraph = supergraph;
    this.#operation = operation;
    this.#planned = planned;
    this.#index(operation.selectionSet, []);
  }

  #index(set: SelectionSetNode, path: readonly string[]): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.#index(selection.selectionSet, path);
      if (selection.kind !== Kind.FIELD || !selection.selectionSet) continue;
      const inner = [...path, keyOf(selection)];
      const there = this.#selected.get(inner.join("/")) ?? [];
      this.#selected.set(inner.join("/"), [...there, selection.selectionSet]);
      this.#index(selection.selectionSet, inner);
    }
  }

  completed(fetch: FetchNode, at: ResponsePath): FetchNode {
    const subgraph = this.#supergraph.subgraphs().get(fetch.serviceName);
    const document = parse(fetch.operation, { noLocation: true });
    const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    const root = definition && composite(subgraph?.schema.type(rootTypes[definition.operation]));
    if (!subgraph || !root) return fetch;
    const path = at.flatMap((element) => (typeof element === "string" && element !== "@" ? element : []));
    const selectionSet = this.#set(definition.selectionSet, root, { fetch, subgraph, path });
    if (selectionSet === definition.selectionSet) return fetch;
    const used = variablesIn(selectionSet).filter((name) => name !== "representations");
    const variableUsages = [...new Set([...(fetch.variableUsages ?? []), ...used])];
    const { variableDefinitions = [] } = definition;
    const isDeclared = (name: string) => variableDefinitions.some(({ variable }) => variable.name.value === name);
    const more = (this.#operation.variableDefinitions ?? []).filter(
      ({ variable: { name } }) => variableUsages.includes(name.value) && !isDeclared(name.value),
    );
    const completed = { ...definition, selectionSet, variableDefinitions: [...variableDefinitions, ...more] };
    return { ...fetch, variableUsages, operation: stripIgnoredCharacters(print(completed)) };
  }

  /** @param type undefined for the entities of representations, which may have any type */
  #set(set: SelectionSetNode, type: CompositeType | undefined, place: Place): SelectionSetNode {
    let changed = false;
    const selections = set.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return selection;
      const inner =
        selection.kind === Kind.FIELD ? typeOfField(type, selection) : this.#condition(selection, type, place);
      const isKey = selection.kind === Kind.FIELD && selection.name.value !== "_entities";
      const there = isKey ? { ...place, path: [...place.path, keyOf(selection)] } : place;
      const completed = this.#set(selection.selectionSet, inner, there);
      const added = isKey && inner ? this.#lacking(inner, completed, there) : [];
      if (completed === selection.selectionSet && added.length === 0) return selection;
      changed = true;
      return { ...selection, selectionSet: { ...completed, selections: [...completed.selections, ...added] } };
    });
    return changed ? { ...set, selections } : set;
  }

  #condition(
    { typeCondition }: { typeCondition?: { name: { value: string } } | undefined },
    type: CompositeType | undefined,
    { subgraph }: Place,
  ): CompositeType | undefined {
    return typeCondition ? composite(subgraph.schema.type(typeCondition.name.value)) : type;
  }

  /** Returns the fields that the plan fetches nowhere for objects of types that this subgraph knows behind `type`. */
  #lacking(type: CompositeType, set: SelectionSetNode, { fetch, subgraph, path }: Place): SelectionNode[] {
    if (!isAbstractType(type)) return [];
    const first = this.#brought.get(path.join("/")) ?? fetch;
    this.#brought.set(path.join("/"), first);
    if (first !== fetch) return [];
    const planned = path.reduce<PlannedFields | undefined>((fields, key) => fields?.get(key)?.fields, this.#planned);
    return possibleRuntimeTypes(type).flatMap((object) => {
      const lacking = (this.#selected.get(path.join("/")) ?? [])
        .flatMap((selected) => this.#fieldsOf(selected, object.name))
        .filter((field) => {
          const there = planned?.get(keyOf(field));
          return !there || !isPlannedOf(there, (condition) => this.#fits(object.name, condition));
        });
      const here = lacking.flatMap((field) => fieldHere(field, object, subgraph));
      return fragmentOn(
        object.name,
        here.filter((field) => isAlone(field, object, { set, type, subgraph })),
      );
    });
  }

  #fieldsOf(set: SelectionSetNode, object: string): FieldNode[] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return selection;
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      const condition = selection.typeCondition?.name.value;
      return condition === undefined || this.#fits(object, condition)
        ? this.#fieldsOf(selection.selectionSet, object)
        : [];
    });
  }

  #fits(object: string, condition: string): boolean {
    const type = composite(this.#supergraph.schema.type(condition));
    return type !== undefined && possibleRuntimeTypes(type).some(({ name }) => name === object);
  }
}

const composite = (type: Parameters<typeof isCompositeType>[0] | undefined): CompositeType | undefined =>
  type && isCompositeType(type) ? type : undefined;

const fieldIn = (type: CompositeType | undefined, name: string) =>
  type && !isUnionType(type) ? type.field(name) : undefined;

function typeOfField(type: CompositeType | undefined, { name }: FieldNode): CompositeType | undefined {
  const definition = fieldIn(type, name.value);
  return definition?.type && composite(baseType(definition.type));
}

/** Returns a field with the selections that a subgraph resolves, or nothing when it does not resolve the field. */
function fieldHere(field: FieldNode, type: CompositeType, subgraph: Subgraph): FieldNode[] {
  if (field.name.value === typename.name.value) return [field];
  const definition = fieldIn(type, field.name.value);
  if (!definition?.type || subgraph.metadata().isFieldExternal(definition)) return [];
  if ((field.arguments ?? []).some(({ name }) => !definition.argument(name.value))) return [];
  if (!field.selectionSet) return [field];
  const inner = composite(baseType(definition.type));
  if (!inner) return [];
  const selections = [typename, ...selectionsHere(field.selectionSet, inner, subgraph)];
  return [{ ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }];
}

const selectionsHere = (set: SelectionSetNode, type: CompositeType, subgraph: Subgraph): SelectionNode[] =>
  set.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return fieldHere(selection, type, subgraph);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const condition = selection.typeCondition?.name.value ?? type.name;
    const narrower = composite(subgraph.schema.type(condition));
    return narrower ? fragmentOn(condition, selectionsHere(selection.selectionSet, narrower, subgraph)) : [];
  });

/** Returns whether no other field there has its key and another type: a subgraph would refuse both. */
function isAlone(
  field: FieldNode,
  object: ObjectType,
  { set, type, subgraph }: { set: SelectionSetNode; type: CompositeType; subgraph: Subgraph },
): boolean {
  const own = String(fieldIn(object, field.name.value)?.type);
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
    if (selection.kind === Kind.FIELD)
      return keyOf(selection) !== keyOf(field) || String(fieldIn(type, selection.name.value)?.type) === own;
    const narrower = composite(subgraph.schema.type(selection.typeCondition?.name.value ?? type.name)) ?? type;
    return isAlone(field, object, { set: selection.selectionSet, type: narrower, subgraph });
  });
}

function variablesIn(set: SelectionSetNode): string[] {
  const found = new Set<string>();
  visit(set, { Variable: ({ name }) => void found.add(name.value) });
  return [...found];
}
