import {
  baseType,
  type CompositeType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isUnionType,
  type ObjectType,
  possibleRuntimeTypes,
  type Subgraph,
  type Type,
} from "@apollo/federation-internals";
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, ResponsePath } from "@apollo/query-planner";
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
import { isPlannedOf, type PlannedFields, plannedFields } from "../planned-fields.ts";
import { type PartlyKnown, type PlannedObject, planObject } from "../plan-object.ts";
import { withFetches } from "../plan-fetches.ts";
import { fragmentOn } from "../selection-nodes.ts";

/**
 * Completes a plan where several subgraphs have a field, and each knows other types behind its union or interface. Apollo's planner assumes that objects
 * have a type that all of them know, and selects nothing of the other types. But a subgraph may return a type that it alone knows. The fields of such an
 * object are planned as if this subgraph returned the object by a root field: its own fields are selected with the object, and those of other subgraphs are
 * fetched after the rest of the plan.
 */
export function withPartlyKnownTypes(plan: QueryPlan, document: DocumentNode, planned: PartlyKnown): QueryPlan {
  if (planned.partlyKnown.size === 0) return plan;
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation || !plan.node) return plan;
  const completion = new Completion(planned, operation, plannedFields(plan));
  const paths = pathsOfFetches(plan);
  const completed = withFetches(plan, (fetch) => completion.completed(fetch, paths.get(fetch) ?? []));
  return withFurther(completed, completion.further);
}

/** Returns a plan that executes further nodes at its end. */
function withFurther(plan: QueryPlan, further: readonly PlanNode[]): QueryPlan {
  const { node } = plan;
  if (!node || further.length === 0) return plan;
  const last: PlanNode = { kind: "Parallel", nodes: [...further] };
  if (node.kind !== "Subscription") return { ...plan, node: { kind: "Sequence", nodes: [node, last] } };
  const rest: PlanNode = node.rest ? { kind: "Sequence", nodes: [node.rest, last] } : last;
  return { ...plan, node: { ...node, rest } };
}

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
  path: ResponsePath;
  /** The keys of the path within the fetch's own response. */
  within: readonly string[];
  rewrites: FetchDataRewrite[];
}

class Completion {
  /** What is fetched after the plan. */
  readonly further: PlanNode[] = [];
  readonly #planned: PartlyKnown;
  readonly #operation: OperationDefinitionNode;
  readonly #fields: PlannedFields;
  /** By paths of response keys: the selections of the operation there. */
  readonly #selected = new Map<string, SelectionSetNode[]>();
  /** By paths: the first fetch of the objects there. */
  readonly #brought = new Map<string, FetchNode>();

  constructor(planned: PartlyKnown, operation: OperationDefinitionNode, fields: PlannedFields) {
    this.#planned = planned;
    this.#operation = operation;
    this.#fields = fields;
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

  completed(fetch: FetchNode, path: ResponsePath): FetchNode {
    const subgraph = this.#planned.supergraph.subgraphs().get(fetch.serviceName);
    const document = parse(fetch.operation, { noLocation: true });
    const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    const root = definition && composite(subgraph?.schema.type(rootTypes[definition.operation]));
    if (!subgraph || !root) return fetch;
    const rewrites: FetchDataRewrite[] = [];
    const selectionSet = this.#set(definition.selectionSet, root, { fetch, subgraph, path, within: [], rewrites });
    if (selectionSet === definition.selectionSet) return fetch;
    const used = variablesIn(selectionSet).filter((name) => name !== "representations");
    const variableUsages = [...new Set([...(fetch.variableUsages ?? []), ...used])];
    const { variableDefinitions = [] } = definition;
    const isDeclared = (name: string) => variableDefinitions.some(({ variable }) => variable.name.value === name);
    const more = (this.#operation.variableDefinitions ?? []).filter(
      ({ variable: { name } }) => variableUsages.includes(name.value) && !isDeclared(name.value),
    );
    const completed = { ...definition, selectionSet, variableDefinitions: [...variableDefinitions, ...more] };
    return {
      ...fetch,
      variableUsages,
      operation: stripIgnoredCharacters(print(completed)),
      // The paths of these rewrites have the keys of the response as it comes.
      ...(rewrites.length > 0 ? { outputRewrites: [...rewrites, ...(fetch.outputRewrites ?? [])] } : {}),
    };
  }

  /** @param type undefined for the entities of representations, which may have any type */
  #set(set: SelectionSetNode, type: CompositeType | undefined, place: Place): SelectionSetNode {
    let changed = false;
    const selections = set.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return selection;
      const definition = selection.kind === Kind.FIELD ? fieldIn(type, selection.name.value) : undefined;
      const inner =
        selection.kind === Kind.FIELD
          ? definition?.type && composite(baseType(definition.type))
          : this.#condition(selection, type, place);
      const isKey = selection.kind === Kind.FIELD && selection.name.value !== "_entities";
      const there = isKey ? below(place, keyOf(selection), definition?.type) : place;
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
  #lacking(type: CompositeType, set: SelectionSetNode, place: Place): SelectionNode[] {
    if (!isAbstractType(type)) return [];
    const keys = keysOn(place.path);
    const first = this.#brought.get(keys.join("/")) ?? place.fetch;
    this.#brought.set(keys.join("/"), first);
    if (first !== place.fetch) return [];
    const planned = keys.reduce<PlannedFields | undefined>((fields, key) => fields?.get(key)?.fields, this.#fields);
    return possibleRuntimeTypes(type).flatMap((object) => {
      const lacking = (this.#selected.get(keys.join("/")) ?? [])
        .flatMap((selected) => this.#fieldsOf(selected, object.name))
        .filter((field) => {
          const there = planned?.get(keyOf(field));
          return !there || !isPlannedOf(there, (condition) => this.#fits(object.name, condition));
        });
      const toPlan = {
        subgraph: place.subgraph.name,
        type: object.name,
        fields: lacking,
        variables: this.#operation.variableDefinitions ?? [],
      };
      return planObject(this.#planned, toPlan, withPartlyKnownTypes).flatMap((added) =>
        this.#add(added, object, { set, type, place }),
      );
    });
  }

  /** Returns what is selected of an object with the object; the rest is fetched after the plan. */
  #add(
    { selections, rewrites, further }: PlannedObject,
    object: ObjectType,
    { set, type, place }: At,
  ): SelectionNode[] {
    const { fetch, subgraph, path, within } = place;
    if (further) this.further.push({ kind: "Flatten", path, node: further });
    place.rewrites.push(...rewrites.map((rewrite) => ({ ...rewrite, path: [...within, ...rewrite.path] })));
    const renamed = selections.map((selection) => {
      if (selection.kind !== Kind.FIELD || isAlone(selection, object, { set, type, subgraph })) return selection;
      const key = keyOf(selection);
      let alias = `${key}__of_${object.name}`;
      while (fetch.operation.includes(alias)) alias += "_";
      place.rewrites.push({ kind: "KeyRenamer", path: [...within, `... on ${object.name}`, alias], renameKeyTo: key });
      return { ...selection, alias: { kind: Kind.NAME as const, value: alias } };
    });
    return fragmentOn(object.name, renamed);
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
    const type = composite(this.#planned.supergraph.schema.type(condition));
    return type !== undefined && possibleRuntimeTypes(type).some(({ name }) => name === object);
  }
}

/** The selections of objects of an abstract type. */
interface At {
  set: SelectionSetNode;
  type: CompositeType;
  place: Place;
}

const keysOn = (path: ResponsePath): string[] =>
  path.flatMap((element) => (typeof element === "string" && element !== "@" ? element : []));

const below = (place: Place, key: string, type: Type | undefined): Place => ({
  ...place,
  path: [...place.path, key, ...listsOf(type)],
  within: [...place.within, key],
});

/** Returns an element of a path for each list around a type. */
function listsOf(type: Type | undefined): string[] {
  if (type && isNonNullType(type)) return listsOf(type.ofType);
  return type && isListType(type) ? ["@", ...listsOf(type.ofType)] : [];
}

const composite = (type: Parameters<typeof isCompositeType>[0] | undefined): CompositeType | undefined =>
  type && isCompositeType(type) ? type : undefined;

const fieldIn = (type: CompositeType | undefined, name: string) =>
  type && !isUnionType(type) ? type.field(name) : undefined;

/** Returns whether no other field there has its key and another type or other selections: a subgraph may refuse both. */
function isAlone(
  field: FieldNode,
  object: ObjectType,
  { set, type, subgraph }: { set: SelectionSetNode; type: CompositeType; subgraph: Subgraph },
): boolean {
  const own = String(fieldIn(object, field.name.value)?.type);
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
    if (selection.kind === Kind.FIELD)
      return (
        keyOf(selection) !== keyOf(field) ||
        (!field.selectionSet && String(fieldIn(type, selection.name.value)?.type) === own)
      );
    const narrower = composite(subgraph.schema.type(selection.typeCondition?.name.value ?? type.name)) ?? type;
    return isAlone(field, object, { set: selection.selectionSet, type: narrower, subgraph });
  });
}

function variablesIn(set: SelectionSetNode): string[] {
  const found = new Set<string>();
  visit(set, { Variable: ({ name }) => void found.add(name.value) });
  return [...found];
}
