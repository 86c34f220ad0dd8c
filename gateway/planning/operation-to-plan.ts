import {
  DirectiveLocation,
  type DirectiveNode,
  type FieldNode,
  getNamedType,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { PublicError } from "#lib/errors.ts";
import { isIncluded, isIntrospection, type Operation } from "../operation.ts";
import { Aliases } from "./aliases.ts";
import { forSubgraphs } from "./executable-directives.ts";
import { fragmentOn, typename } from "./made-selections.ts";
import { NumberLiterals } from "./number-literals.ts";
import type { PlannedSupergraph } from "./planned-supergraph.ts";
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

interface SupergraphToPlanOver {
  apiSchema: GraphQLSchema;
  planned: { terms: Terms; interfaceObjects: PlannedSupergraph["interfaceObjects"]; requiring: ReadonlySet<string> };
}

/** For whom, and for which values, an operation is planned. */
export type PlannedFor = Pick<OperationToPlan, "refused" | "booleans">;

/**
 * What is planned of an operation is the same in simpler words, since Apollo's planner is wrong about some, or knows no plan for them:
 *
 * - nothing that is refused or not included, and no `@include` or `@skip`: it would ask for keys and requirements under conditions of fields that
 *   are not theirs;
 * - no alias that it would take for a field of its own, and no key for two fields that a subgraph may know as one;
 * - no fragment that the type around it says already, unless it carries a directive, and none that no object can fit;
 * - no fragment on an interface where a subgraph may know the object by `@interfaceObject` alone: fields stand where the object's type decides,
 *   and the type is selected with them;
 * - no literal whose digits it would lose.
 */
export function operationToPlan(
  supergraph: SupergraphToPlanOver,
  operation: Operation,
  plannedFor: PlannedFor,
): OperationToPlan {
  const { definition } = operation;
  const { apiSchema, planned } = supergraph;
  const root = apiSchema.getRootType(definition.operation);
  if (!root) throw new Error(`The schema has no ${definition.operation} type.`);
  const aliases = new Aliases(operation, planned.terms.asked);
  const simpler = new Simpler(supergraph, operation, plannedFor, aliases);
  const selectionSet = setOf(simpler.selections(definition.selectionSet, { type: root, possible: [root] }));
  const numbers = new NumberLiterals(apiSchema);
  return {
    written: operation,
    ...plannedFor,
    aliases,
    numbers,
    toPlan: {
      definition: numbers.marked({ ...definition, directives: forSubgraphs(apiSchema, definition), selectionSet }),
      fragments: new Map(),
    },
  };
}

/** What is known of an object where fields of it are selected. */
interface Scope {
  /** The type whose fields can be selected. */
  type: GraphQLCompositeType;
  /** The types of objects that it may have. */
  possible: readonly GraphQLObjectType[];
}

class Simpler {
  readonly #schema: GraphQLSchema;
  readonly #interfaceObjects: readonly GraphQLInterfaceType[];
  readonly #requiring: ReadonlySet<string>;
  readonly #fragments: Operation["fragments"];
  readonly #plannedFor: PlannedFor;
  readonly #aliases: Aliases;

  constructor(
    { apiSchema, planned }: SupergraphToPlanOver,
    { fragments }: Operation,
    plannedFor: PlannedFor,
    aliases: Aliases,
  ) {
    this.#schema = apiSchema;
    this.#interfaceObjects = [...planned.interfaceObjects.keys()]
      .map((name) => apiSchema.getType(name))
      .filter(isInterfaceType);
    this.#requiring = planned.requiring;
    this.#fragments = fragments;
    this.#plannedFor = plannedFor;
    this.#aliases = aliases;
  }

  selections(set: SelectionSetNode, scope: Scope): SelectionNode[] {
    const { type, possible } = scope;
    if (isAbstractType(type) && possible.length > 0 && this.#mayBeInterfaceObject(type))
      return this.#byType({ type, possible }, this.#fieldsByType(set, scope));
    return this.#included(set).flatMap((selection) =>
      selection.kind === Kind.FIELD ? this.#field(selection, scope.type) : this.#fragment(selection, scope),
    );
  }

  /** The selections of a set that conditions let in, fragments in the place of their spreads. */
  #included({ selections }: SelectionSetNode): (FieldNode | InlineFragment)[] {
    return selections.flatMap((selection) => {
      if (!isIncluded(selection, this.#plannedFor.booleans)) return [];
      if (selection.kind === Kind.FIELD) return selection;
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
      if (!fragment) return [];
      const { typeCondition, selectionSet } = fragment;
      return {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition,
        selectionSet,
        directives: this.#forInlineFragment(selection),
      };
    });
  }

  #field(field: FieldNode, type: GraphQLCompositeType): SelectionNode[] {
    const name = field.name.value;
    if (this.#plannedFor.refused.has(field) || isIntrospection(name)) return [];
    // What an object is, is read by this key alone.
    if (name === typename.name.value) return [typename];
    const key = this.#aliases.planned(field);
    const simple: FieldNode = {
      ...field,
      ...(key === name ? {} : { alias: { kind: Kind.NAME, value: key } }),
      directives: forSubgraphs(this.#schema, field),
    };
    const inner = isUnionType(type) ? undefined : getNamedType(type.getFields()[name]?.type);
    if (!field.selectionSet || !isCompositeType(inner)) return [simple];
    const selections = this.selections(field.selectionSet, this.#scopeOf(inner));
    return [{ ...simple, selectionSet: setOf(selections) }];
  }

  #fragment({ selectionSet, typeCondition: condition, directives }: InlineFragment, scope: Scope): SelectionNode[] {
    const narrower = this.#narrowed(scope, condition?.name.value);
    if (!narrower) return [];
    if (narrower.type !== scope.type && isAbstractType(narrower.type) && this.#mayBeInterfaceObject(narrower.type))
      return narrower.possible.flatMap((type) =>
        fragmentOn(type.name, this.selections(selectionSet, { type, possible: [type] }), directives),
      );
    const selections = this.selections(selectionSet, narrower);
    const isSame = narrower.type === scope.type;
    if (selections.length === 0 || (isSame && directives.length === 0)) return selections;
    return fragmentOn(isSame ? undefined : narrower.type.name, selections, directives);
  }

  /** Every fragment is planned as an inline one, where a directive of fragment spreads alone would make the document invalid. */
  #forInlineFragment(selection: SelectionNode): DirectiveNode[] {
    return forSubgraphs(this.#schema, selection).filter(({ name }) =>
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

  /** Whether a subgraph may know an object of this type by an interface alone. */
  #mayBeInterfaceObject(type: GraphQLAbstractType): boolean {
    return this.#interfaceObjects.some((each) => each === type || this.#schema.isSubType(type, each));
  }

  /** The fields that are selected of each type of objects. */
  #fieldsByType(set: SelectionSetNode, { possible }: Scope): FieldsByType {
    const fields = new Map<GraphQLObjectType, FieldInFragments[]>(possible.map((type) => [type, []]));
    const conditions = new Set<GraphQLCompositeType>();
    const collect = (
      inner: SelectionSetNode,
      types: readonly GraphQLObjectType[],
      fragment: DirectedFragment | undefined,
    ): void => {
      for (const selection of this.#included(inner)) {
        if (selection.kind === Kind.FIELD) {
          const field = { node: selection, fragment };
          for (const type of types) fields.get(type)?.push(field);
          continue;
        }
        const condition = selection.typeCondition && this.#schema.getType(selection.typeCondition.name.value);
        if (isCompositeType(condition)) conditions.add(condition);
        const fitting = isCompositeType(condition) ? this.#scopeOf(condition).possible : types;
        const { directives } = selection;
        collect(
          selection.selectionSet,
          types.filter((type) => fitting.includes(type)),
          directives.length > 0 ? { directives, around: fragment } : fragment,
        );
      }
    };
    collect(set, possible, undefined);
    return { fields, conditions };
  }

  /** Selects what all objects have with the interface, and the rest with each type behind it. */
  #byType({ type, possible }: AbstractScope, { fields, conditions }: FieldsByType): SelectionNode[] {
    const isKnown = this.#interfaceObjects.some((each) => each === type);
    const own = isInterfaceType(type) ? type.getFields() : {};
    const [first = [], ...others] = possible.map((each) => fields.get(each) ?? []);
    const shared = first.filter((field) => {
      const name = field.node.name.value;
      const isOwn = name === typename.name.value || own[name] !== undefined;
      return isOwn && !this.#requiring.has(name) && others.every((other) => other.includes(field));
    });
    // With an interface that is not known as an object itself, the planner finds neither the type nor what other subgraphs have of the object. And
    // where some types alone have a field that requires others, it would not fetch the rest of any object that lacks what is required.
    const requires = possible.some((each) =>
      (fields.get(each) ?? []).some((field) => !shared.includes(field) && this.#requiring.has(field.node.name.value)),
    );
    const common = isKnown && !requires ? shared : [];
    const rest = new Map(
      possible.flatMap((each) => {
        const more = (fields.get(each) ?? []).filter((field) => !common.includes(field));
        return more.length > 0 ? [[each, more]] : [];
      }),
    );
    const selections = this.#inFragments(common, type);
    const depends = possible.length > 1 && [...conditions].some((condition) => !this.#fits(type, condition));
    if (isKnown && (depends || rest.size > 0)) selections.push(typename);
    for (const known of isKnown ? [] : this.#interfaceObjects) {
      if (!this.#schema.isSubType(type, known)) continue;
      const behind = this.#scopeOf(known).possible;
      const inner = this.#byType({ type: known, possible: behind }, { fields: rest, conditions });
      selections.push(...fragmentOn(known.name, inner).map((fragment) => ({ ...fragment, directives: [kept] })));
      for (const each of behind) rest.delete(each);
    }
    for (const [each, more] of rest) selections.push(...fragmentOn(each.name, this.#inFragments(more, each)));
    return selections;
  }

  /** Fields of a type, in the fragments around them that carry directives. */
  #inFragments(fields: readonly FieldInFragments[], type: GraphQLCompositeType): SelectionNode[] {
    const byFragment = new Map<DirectedFragment | undefined, SelectionNode[]>();
    for (const { node, fragment } of fields)
      byFragment.set(fragment, [...(byFragment.get(fragment) ?? []), ...this.#field(node, type)]);
    return [...byFragment].flatMap(([fragment, selections]) => {
      let wrapped = selections;
      for (let each = fragment; each; each = each.around) wrapped = fragmentOn(undefined, wrapped, each.directives);
      return wrapped;
    });
  }

  #fits(type: GraphQLAbstractType, condition: GraphQLCompositeType): boolean {
    return (
      type === condition ||
      (isAbstractType(condition) && isInterfaceType(type) && this.#schema.isSubType(condition, type))
    );
  }
}

/**
 * Keeps a fragment as it is: the planner would replace `... on Media { ... on Film { minutes } }` by its inner part, which it cannot find where a
 * subgraph knows Media alone.
 */
const kept: DirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: "include" },
  arguments: [
    { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: "if" }, value: { kind: Kind.BOOLEAN, value: true } },
  ],
};

/** `directives` are those that are meant for subgraphs. */
interface InlineFragment extends Pick<InlineFragmentNode, "kind" | "typeCondition" | "selectionSet"> {
  directives: readonly DirectiveNode[];
}

interface AbstractScope extends Scope {
  type: GraphQLAbstractType;
}

/** A fragment with directives that are meant for subgraphs. */
interface DirectedFragment {
  directives: readonly DirectiveNode[];
  around: DirectedFragment | undefined;
}

interface FieldInFragments {
  node: FieldNode;
  /** The innermost around it. */
  fragment: DirectedFragment | undefined;
}

interface FieldsByType {
  fields: ReadonlyMap<GraphQLObjectType, readonly FieldInFragments[]>;
  /** The type conditions under which they are selected. */
  conditions: ReadonlySet<GraphQLCompositeType>;
}

/** An object of which nothing is asked is asked for all the same, so that the answer can tell one that has nothing to show from none. */
const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [typename],
});
