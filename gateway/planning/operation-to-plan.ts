import {
  type FieldNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { PublicError } from "#lib/errors.ts";
import { isCondition, isIncluded, isIntrospection, keyOf, type Operation } from "../operation.ts";
import { Aliases } from "./aliases.ts";
import type { Terms } from "./requirements/terms.ts";

/** An operation, and what of it is planned. */
export interface OperationToPlan {
  /** As the client wrote it. */
  written: Operation;
  /** Fields that are not asked for: null, by a refusal at their place. */
  refused: ReadonlyMap<FieldNode, PublicError>;
  /** The values of the variables that `@include` and `@skip` name. */
  booleans: ReadonlyMap<string, boolean>;
  aliases: Aliases;
  /** What the planner gets. */
  toPlan: Operation;
}

/** For whom, and for which values, an operation is planned. */
export type PlannedFor = Pick<OperationToPlan, "refused" | "booleans">;

/**
 * What is planned of an operation is the same in simpler words, since Apollo's planner is wrong about some, or knows no plan for them:
 *
 * - nothing that is refused or not included, and no `@include` or `@skip`: it would ask for keys and requirements under conditions of fields that
 *   are not theirs;
 * - no alias that it would take for a field of its own;
 * - no fragment that the type around it says already, and none that no object can fit.
 */
export function operationToPlan(
  { apiSchema, planned: { terms } }: { apiSchema: GraphQLSchema; planned: { terms: Terms } },
  operation: Operation,
  plannedFor: PlannedFor,
): OperationToPlan {
  const { definition } = operation;
  const root = apiSchema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const aliases = new Aliases(operation, terms.asked);
  const simpler = new Simpler(apiSchema, operation, plannedFor, aliases);
  const selectionSet = setOf(simpler.selections(definition.selectionSet, { type: root, possible: [root] }));
  return {
    written: operation,
    ...plannedFor,
    aliases,
    toPlan: { definition: { ...definition, selectionSet }, fragments: new Map() },
  };
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/** What is known of an object where fields of it are selected. */
interface Scope {
  /** The type whose fields can be selected. */
  type: GraphQLCompositeType;
  /** The types of objects that it may have. */
  possible: readonly GraphQLObjectType[];
}

class Simpler {
  readonly #schema: GraphQLSchema;
  readonly #fragments: Operation["fragments"];
  readonly #plannedFor: PlannedFor;
  readonly #aliases: Aliases;

  constructor(schema: GraphQLSchema, { fragments }: Operation, plannedFor: PlannedFor, aliases: Aliases) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#plannedFor = plannedFor;
    this.#aliases = aliases;
  }

  selections(set: SelectionSetNode, scope: Scope): SelectionNode[] {
    return set.selections.flatMap((selection) => {
      if (!isIncluded(selection, this.#plannedFor.booleans)) return [];
      if (selection.kind === Kind.FIELD) return this.#field(selection, scope);
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
      return fragment ? this.#fragment(fragment.selectionSet, fragment.typeCondition, scope) : [];
    });
  }

  #field(field: FieldNode, { type }: Scope): SelectionNode[] {
    const name = field.name.value;
    if (this.#plannedFor.refused.has(field) || isIntrospection(name)) return [];
    const key = this.#aliases.planned(keyOf(field), name);
    const simple: FieldNode = {
      ...field,
      ...(field.alias ? { alias: { kind: Kind.NAME, value: key } } : {}),
      directives: field.directives?.filter((directive) => !isCondition(directive)) ?? [],
    };
    const inner = isUnionType(type) ? undefined : getNamedType(type.getFields()[name]?.type);
    if (!field.selectionSet || !isCompositeType(inner)) return [simple];
    const selections = this.selections(field.selectionSet, this.#scopeOf(inner));
    return [{ ...simple, selectionSet: setOf(selections) }];
  }

  #fragment(set: SelectionSetNode, condition: NamedTypeNode | undefined, scope: Scope): SelectionNode[] {
    const narrower = this.#narrowed(scope, condition?.name.value);
    if (!narrower) return [];
    const selections = this.selections(set, narrower);
    if (narrower.type === scope.type || selections.length === 0) return selections;
    const typeCondition: NamedTypeNode = {
      kind: Kind.NAMED_TYPE,
      name: { kind: Kind.NAME, value: narrower.type.name },
    };
    return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: setOf(selections) }];
  }

  /** What is known under a type condition; undefined where no object can fit it. */
  #narrowed(scope: Scope, condition: string | undefined): Scope | undefined {
    const type = condition === undefined ? scope.type : this.#schema.getType(condition);
    if (!isCompositeType(type) || type === scope.type) return scope;
    // All that its fields are is said by the type around it.
    if (isAbstractType(type) && !isUnionType(scope.type) && this.#schema.isSubType(type, scope.type)) return scope;
    const fitting = this.#scopeOf(type).possible;
    const possible = scope.possible.filter((each) => fitting.includes(each));
    return possible.length > 0 ? { type, possible } : undefined;
  }

  #scopeOf(type: GraphQLCompositeType): Scope {
    return { type, possible: isObjectType(type) ? [type] : this.#schema.getPossibleTypes(type) };
  }
}

/** An object of which nothing is asked is asked for all the same, so that the answer can tell one that has nothing to show from none. */
const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [typename],
});
