import type { FetchNode, PlanNode, QueryPlan, ResponsePath } from "@apollo/query-planner";
import {
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionNode,
  visit,
} from "graphql";
import type { Operation } from "../../operation.ts";
import {
  anyType,
  type Fits,
  isEmpty,
  type NeededObject,
  Needs,
  ofType,
  type PlacedFetch,
  TooManySteps,
} from "../needed-fields.ts";
import { type FetchAgain, textOf, withAgain, withSelections } from "../fetch-again.ts";
import type { PlannedSupergraph } from "../planned-supergraph.ts";

/** A call for some of the entities on its path. */
export interface FetchByType extends FetchAgain {
  /** The types that the objects on the path have, from the root to the entity. */
  forTypes?: ForTypes;
}

/**
 * Whether a call is for the entities below an object on its path: this depends on the object's type, and then on the types of the objects below it.
 * `depth` is the number of keys that lead to the object.
 */
export type ForTypes = boolean | { depth: number; types: ReadonlyMap<string, ForTypes>; unknown: ForTypes };

interface TypesOf {
  interfaceObjects: PlannedSupergraph["interfaceObjects"];
  schema: GraphQLSchema;
}

/**
 * Returns the plan with calls for those entities alone whose fields the operation selects. The paths of Apollo's plans have no types: a call fetches its
 * fields for all entities on its path, whatever the types of their parents. Where an entity in one place needs other fields than one in another place, each
 * has its own call, because a failed non-nullable field that no client selected would also null the others. The same holds for a subgraph that knows objects
 * of several types as one, by `@interfaceObject`.
 */
export function fetchesByType(plan: QueryPlan, operation: Operation, types: TypesOf): QueryPlan {
  const { node } = plan;
  if (!node) return plan;
  const placed = placedFetches(node.kind === "Subscription" ? node.rest : node);
  const isSimple = types.interfaceObjects.size === 0 && !hasTypeConditions(operation) && !placed.some(requiresObjects);
  if (isSimple) return plan;
  const needs = new Needs(types.schema, operation, placed);
  try {
    const divided = new Map(placed.map((each) => [each.fetch, new Division(each, needs, types).fetches()]));
    const isQuery = operation.definition.operation === OperationTypeNode.QUERY;
    const ofRoot = (step: FetchNode) => (isQuery ? withAgain(step, placedFetch(step, []), { needs, ...types }) : step);
    const replaced = (step: PlanNode): PlanNode => {
      switch (step.kind) {
        case "Flatten":
          return { ...step, node: replaced(step.node) };
        case "Sequence":
        case "Parallel":
          return { ...step, nodes: step.nodes.map(replaced) };
        case "Fetch":
          return inParallel(divided.get(step) ?? [ofRoot(step)]);
        default:
          return step;
      }
    };
    if (node.kind !== "Subscription") return { ...plan, node: replaced(node) };
    return { ...plan, node: { ...node, ...(node.rest ? { rest: replaced(node.rest) } : {}) } };
  } catch (error) {
    if (error instanceof TooManySteps) return plan;
    throw error;
  }
}

function hasTypeConditions({ definition }: Operation): boolean {
  let found = false;
  visit(definition, { InlineFragment: ({ typeCondition }) => void (found ||= typeCondition !== undefined) });
  return found;
}

/** Returns whether a call requires fields of objects in its entities, which other calls fetch. */
const requiresObjects = ({ fetch }: PlacedFetch): boolean =>
  (fetch.requires ?? []).some(
    (each) => each.kind === "InlineFragment" && each.selections.some(({ selections }) => selections !== undefined),
  );

function inParallel(fetches: readonly FetchNode[]): PlanNode {
  const [only, another] = fetches;
  return only && !another ? only : { kind: "Parallel", nodes: [...fetches] };
}

/** Returns the calls for entities, in an order in which the plan may execute them. */
function placedFetches(node: PlanNode | undefined): PlacedFetch[] {
  const found: PlacedFetch[] = [];
  const gather = (step: PlanNode | undefined, path: ResponsePath): void => {
    if (step?.kind === "Flatten") gather(step.node, [...path, ...step.path]);
    else if (step?.kind === "Sequence" || step?.kind === "Parallel")
      for (const child of step.nodes) gather(child, path);
    else if (step?.kind === "Fetch" && step.requires) found.push(placedFetch(step, path));
  };
  gather(node, []);
  return found;
}

const placedFetch = (fetch: FetchNode, path: ResponsePath): PlacedFetch => ({
  fetch,
  keys: path.map(String).filter((key) => key !== "@"),
  selections: selectionsOf(fetch),
  renamed: new Map(
    (fetch.outputRewrites ?? []).flatMap((rewrite) =>
      rewrite.kind === "KeyRenamer" ? [[rewrite.path.at(-1) ?? "", rewrite.renameKeyTo] as const] : [],
    ),
  ),
});

/** Returns what a call selects: of each entity, or of the root. */
function selectionsOf({ operation, requires }: FetchNode): readonly SelectionNode[] {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  const selections = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [];
  if (!requires) return selections;
  const [entities] = selections;
  return entities?.kind === Kind.FIELD ? (entities.selectionSet?.selections ?? []) : [];
}

/** The text of what a call selects of an entity; null when the entity needs nothing of it, and undefined when the call has nothing for its type. */
type Choice = string | null | undefined;
type Choices = Choice | { depth: number; types: ReadonlyMap<string, Choices> };

/** The calls into which one call for entities is divided. */
class Division {
  readonly #placed: PlacedFetch;
  readonly #needs: Needs;
  readonly #types: TypesOf;
  readonly #whole: string;

  constructor(placed: PlacedFetch, needs: Needs, types: TypesOf) {
    this.#placed = placed;
    this.#needs = needs;
    this.#types = types;
    this.#whole = textOf(placed.selections);
  }

  fetches(): FetchByType[] {
    const { fetch } = this.#placed;
    const choices = this.#choices(this.#needs.root);
    const texts = [...textsIn(choices)];
    if (texts.length === 0) return [fetch];
    // For an object whose type has none of these names, everything is fetched.
    const isWholeAmong = texts.includes(this.#whole);
    return texts.map((text): FetchByType => {
      const forTypes = forTypesOf(choices, text, text === this.#whole || !isWholeAmong);
      const narrowed = text === this.#whole ? fetch : withSelections(fetch, text);
      const again = withAgain(narrowed, this.#placed, { needs: this.#needs, ...this.#types });
      return forTypes === true ? again : { ...again, forTypes };
    });
  }

  #choices(object: NeededObject): Choices {
    const conditions = [...this.#needs.conditions(object)];
    const choose = this.#chooser(object);
    const byFitting = new Map<string, Choices>();
    const types = new Map<string, Choices>();
    for (const name of this.#typesOf(object)) {
      // The type of an object that has the name of an interface is not known yet.
      const isUnknown = isInterfaceType(this.#types.schema.getType(name));
      const fitting = conditions.filter((condition) => isUnknown || this.#fits(name, condition));
      const key = fitting.join();
      if (!byFitting.has(key))
        byFitting.set(
          key,
          choose((condition) => fitting.includes(condition)),
        );
      types.set(name, byFitting.get(key));
    }
    return types.size === 0 ? choose(anyType) : simplified({ depth: object.keys.length, types });
  }

  #chooser(object: NeededObject): (fits: Fits) => Choices {
    const { keys, selections } = this.#placed;
    const key = keys[object.keys.length];
    if (key !== undefined)
      return (fits) => {
        const below = this.#needs.fields(object, fits).get(key);
        if (below) return this.#choices(below);
        return this.#needs.everything(object.keys).has(key) ? null : this.#whole;
      };
    const narrowed = (fits: Fits) => this.#needs.narrowed(selections, this.#needs.fields(object, fits), this.#placed);
    const ofAnyType = narrowed(anyType);
    return (fits) => this.#choice(narrowed(fits), ofAnyType, fits);
  }

  /** Chooses what the call selects of an entity of one type: the same as of the others, unless the entity needs less. */
  #choice(narrowed: readonly SelectionNode[], ofAnyType: readonly SelectionNode[], fits: Fits): Choice {
    const whole = ofType(this.#placed.selections, fits);
    if (whole.length === 0) return undefined;
    if (isEmpty(whole)) return this.#whole;
    const own = ofType(narrowed, fits);
    if (isEmpty(own)) return null;
    const text = textOf(own);
    if (textOf(whole) === text) return this.#whole;
    return textOf(textOf(ofType(ofAnyType, fits)) === text ? ofAnyType : narrowed);
  }

  /** Returns the values that `__typename` of an object may have. */
  #typesOf({ types }: NeededObject): Set<string> {
    const { schema, interfaceObjects } = this.#types;
    const possible = new Set(
      types.flatMap((type) =>
        isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : type.name,
      ),
    );
    const known = [...interfaceObjects.keys()].filter((name) =>
      [...possible].some((each) => each !== name && this.#fits(each, name)),
    );
    return new Set([...known, ...possible]);
  }

  #fits(typename: string, condition: string): boolean {
    if (typename === condition) return true;
    const { schema } = this.#types;
    const [type, wanted] = [schema.getType(typename), schema.getType(condition)];
    return isObjectType(type) && isAbstractType(wanted) && schema.isSubType(wanted, type);
  }
}

/** Returns one choice where all types have the same. */
function simplified(choices: Exclude<Choices, Choice>): Choices {
  const different = new Set(choices.types.values());
  different.delete(undefined);
  return different.size > 1 ? choices : [...different][0];
}

function textsIn(choices: Choices): Set<string> {
  if (typeof choices === "string") return new Set([choices]);
  return new Set([...new Set(choices?.types.values())].flatMap((choice) => [...textsIn(choice)]));
}

function forTypesOf(choices: Choices, text: string, isForUnknown: boolean): ForTypes {
  if (choices === undefined) return isForUnknown;
  if (choices === null || typeof choices === "string") return choices === text;
  const { depth } = choices;
  const types = new Map([...choices.types].map(([name, choice]) => [name, forTypesOf(choice, text, isForUnknown)]));
  const isAlike = [...types.values()].every((each) => each === isForUnknown);
  return isAlike ? isForUnknown : { depth, types, unknown: isForUnknown };
}
