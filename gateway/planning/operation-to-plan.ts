import {
  DirectiveLocation,
  type DirectiveNode,
  type FieldNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
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
import { NumberLiterals } from "./number-literals.ts";
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
  numbers: NumberLiterals;
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
 * - no fragment that the type around it says already, unless it carries a directive, and none that no object can fit;
 * - no literal whose digits it would lose.
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
  const numbers = new NumberLiterals(apiSchema);
  return {
    written: operation,
    ...plannedFor,
    aliases,
    numbers,
    toPlan: { definition: numbers.marked({ ...definition, selectionSet }), fragments: new Map() },
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
      return fragment ? this.#fragment(fragment, this.#forInlineFragment(selection), scope) : [];
    });
  }

  #field(field: FieldNode, { type }: Scope): SelectionNode[] {
    const name = field.name.value;
    if (this.#plannedFor.refused.has(field) || isIntrospection(name)) return [];
    const key = this.#aliases.planned(keyOf(field), name);
    const simple: FieldNode = {
      ...field,
      ...(field.alias ? { alias: { kind: Kind.NAME, value: key } } : {}),
      directives: forSubgraphs(field),
    };
    const inner = isUnionType(type) ? undefined : getNamedType(type.getFields()[name]?.type);
    if (!field.selectionSet || !isCompositeType(inner)) return [simple];
    const selections = this.selections(field.selectionSet, this.#scopeOf(inner));
    return [{ ...simple, selectionSet: setOf(selections) }];
  }

  #fragment(
    { selectionSet, typeCondition: condition }: Pick<InlineFragmentNode, "selectionSet" | "typeCondition">,
    directives: readonly DirectiveNode[],
    scope: Scope,
  ): SelectionNode[] {
    const narrower = this.#narrowed(scope, condition?.name.value);
    if (!narrower) return [];
    const selections = this.selections(selectionSet, narrower);
    const isSame = narrower.type === scope.type;
    if ((isSame && directives.length === 0) || selections.length === 0) return selections;
    const typeCondition: NamedTypeNode = {
      kind: Kind.NAMED_TYPE,
      name: { kind: Kind.NAME, value: narrower.type.name },
    };
    return [
      {
        kind: Kind.INLINE_FRAGMENT,
        ...(isSame ? {} : { typeCondition }),
        directives,
        selectionSet: setOf(selections),
      },
    ];
  }

  /** Every fragment is planned as an inline one, where a directive of fragment spreads alone would make the document invalid. */
  #forInlineFragment(selection: SelectionNode): DirectiveNode[] {
    return forSubgraphs(selection).filter(({ name }) =>
      this.#schema.getDirective(name.value)?.locations.includes(DirectiveLocation.INLINE_FRAGMENT),
    );
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

/** The directives of a selection that are meant for subgraphs. */
const forSubgraphs = ({ directives = [] }: SelectionNode): DirectiveNode[] =>
  directives.filter((directive) => !isCondition(directive));

/** An object of which nothing is asked is asked for all the same, so that the answer can tell one that has nothing to show from none. */
const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [typename],
});
