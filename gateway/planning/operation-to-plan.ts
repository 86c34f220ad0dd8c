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
import { fragmentOn, typename } from "./selection-nodes.ts";
import { NumberLiterals } from "./number-literals.ts";
import type { PlannedSupergraph } from "./planned-supergraph.ts";
import type { Terms } from "./requirements/terms.ts";

/** An operation, and the part of it that is planned. */
export interface OperationToPlan {
  /** As the client wrote it. */
  written: Operation;
  /** Fields that are not requested: they are null, with a refusal at their place. */
  refused: ReadonlyMap<FieldNode, PublicError>;
  /** The values of the variables that `@include` and `@skip` name. */
  booleans: ReadonlyMap<string, boolean>;
  aliases: Aliases;
  numbers: NumberLiterals;
  /** The operation that the planner gets. */
  toPlan: Operation;
}

interface SupergraphToPlanOver {
  apiSchema: GraphQLSchema;
  planned: { terms: Terms } & Pick<PlannedSupergraph, "interfaceObjects" | "unresolvableKeys" | "requiring">;
}

/** What an operation is planned for: the refused fields, and the values of the booleans. */
export type PlannedFor = Pick<OperationToPlan, "refused" | "booleans">;

/**
 * Returns an equivalent operation in a simpler form, because Apollo's planner plans some forms incorrectly, or finds no plan for them:
 *
 * - nothing that is refused or not included, and no `@include` or `@skip`: the planner would request keys and requirements under conditions of fields to
 *   which they do not belong;
 * - no alias that the planner would take for a field of its own, and no key for two fields that a subgraph may know as one;
 * - no fragment that the enclosing type makes redundant, unless it carries a directive, and none that no object can fit;
 * - no fragment on an interface where a subgraph may know the object by `@interfaceObject` alone: fields are placed where the object's type decides, and
 *   the type is selected with them;
 * - no literal whose digits the planner would lose.
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
  const aliases = new Aliases(operation, planned.terms.plannerFields);
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

/** What is known of an object where its fields are selected. */
interface Scope {
  /** The type whose fields can be selected. */
  type: GraphQLCompositeType;
  /** The types that the object may have. */
  possible: readonly GraphQLObjectType[];
}

class Simpler {
  readonly #schema: GraphQLSchema;
  readonly #interfaceObjects: readonly GraphQLInterfaceType[];
  readonly #unresolvableKeys: PlannedSupergraph["unresolvableKeys"];
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
    this.#unresolvableKeys = planned.unresolvableKeys;
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

  /** Returns the selections of a set that conditions include, with fragments in place of their spreads. */
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
    // The type of an object is read by this key only.
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
    // A subgraph may declare the field with an object type, for which the planner does not select the name of the type.
    const depends = isAbstractType(inner) && !this.#mayBeInterfaceObject(inner) && selections.some(hasTypeCondition);
    return [{ ...simple, selectionSet: setOf(depends ? [typename, ...selections] : selections) }];
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

  /** Returns the directives that are valid on an inline fragment: every fragment is planned as one, where a directive for spreads alone would be invalid. */
  #forInlineFragment(selection: SelectionNode): DirectiveNode[] {
    return forSubgraphs(this.#schema, selection).filter(({ name }) =>
      this.#schema.getDirective(name.value)?.locations.includes(DirectiveLocation.INLINE_FRAGMENT),
    );
  }

  /** Returns the scope under a type condition; undefined where no object can fit it. */
  #narrowed(scope: Scope, condition: string | undefined): Scope | undefined {
    const type = condition === undefined ? scope.type : this.#schema.getType(condition);
    if (!isCompositeType(type) || type === scope.type) return scope;
    // The enclosing type already implies the condition and has all fields of its type.
    if (isAbstractType(type) && !isUnionType(scope.type) && this.#schema.isSubType(type, scope.type)) return scope;
    const fitting = this.#scopeOf(type).possible;
    const possible = scope.possible.filter((each) => fitting.includes(each));
    return possible.length > 0 ? { type, possible } : undefined;
  }

  #scopeOf(type: GraphQLCompositeType): Scope {
    return { type, possible: isObjectType(type) ? [type] : this.#schema.getPossibleTypes(type) };
  }

  /** Returns whether a subgraph may know an object of this type by an interface alone. */
  #mayBeInterfaceObject(type: GraphQLAbstractType): boolean {
    return this.#interfaceObjects.some((each) => each === type || this.#schema.isSubType(type, each));
  }

  /** Returns the fields that are selected for each object type. */
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

  /** Selects the fields that all objects have on the interface, and the rest on each type behind it. */
  #byType({ type, possible }: AbstractScope, { fields, conditions }: FieldsByType): SelectionNode[] {
    const isKnown = this.#interfaceObjects.some((each) => each === type);
    const own = isInterfaceType(type) ? type.getFields() : {};
    const [first = [], ...others] = possible.map((each) => fields.get(each) ?? []);
    const shared = first.filter((field) => {
      const name = field.node.name.value;
      const isOwn = name === typename.name.value || own[name] !== undefined;
      return isOwn && !this.#requiring.has(name) && others.every((other) => other.includes(field));
    });
    // With an interface that is not itself known as an object, the planner finds neither the type nor the object's fields in other subgraphs. And where only
    // some types have a field that requires others, it would not fetch the rest of any object that lacks the required fields.
    const requires = possible.some((each) =>
      (fields.get(each) ?? []).some((field) => !shared.includes(field) && this.#requiring.has(field.node.name.value)),
    );
    const common = new Set(isKnown ? [...(requires ? [] : shared), ...this.#keysOf(type, fields)] : []);
    const rest = new Map(
      possible.flatMap((each) => {
        const more = (fields.get(each) ?? []).filter((field) => !common.has(field));
        return more.length > 0 ? [[each, more]] : [];
      }),
    );
    const selections = this.#inFragments([...common], type);
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

  /**
   * Returns the fields of some types that are keys of the interface and by which a subgraph with the interface alone resolves no entity. The planner would
   * return to that subgraph for such a field, though the object came with it.
   */
  #keysOf(type: GraphQLAbstractType, fields: FieldsByType["fields"]): FieldInFragments[] {
    const keys = this.#unresolvableKeys.get(type.name);
    if (!keys) return [];
    return [...fields.values()].flat().filter(({ node }) => keys.has(node.name.value));
  }

  /** Returns the fields of a type, wrapped in the enclosing fragments that carry directives. */
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
 * Keeps a fragment from being simplified. The planner would replace `... on Media { ... on Film { minutes } }` by its inner part, for which it finds no
 * plan where a subgraph knows only Media.
 */
const kept: DirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: "include" },
  arguments: [
    { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: "if" }, value: { kind: Kind.BOOLEAN, value: true } },
  ],
};

/** `directives` are those that are for subgraphs. */
interface InlineFragment extends Pick<InlineFragmentNode, "kind" | "typeCondition" | "selectionSet"> {
  directives: readonly DirectiveNode[];
}

interface AbstractScope extends Scope {
  type: GraphQLAbstractType;
}

/** A fragment with directives that are for subgraphs. */
interface DirectedFragment {
  directives: readonly DirectiveNode[];
  around: DirectedFragment | undefined;
}

interface FieldInFragments {
  node: FieldNode;
  /** The innermost fragment around the field. */
  fragment: DirectedFragment | undefined;
}

interface FieldsByType {
  fields: ReadonlyMap<GraphQLObjectType, readonly FieldInFragments[]>;
  /** The type conditions under which the fields are selected. */
  conditions: ReadonlySet<GraphQLCompositeType>;
}

const hasTypeCondition = (selection: SelectionNode): boolean =>
  selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition !== undefined;

/** Selects `__typename` of an object without other selections, so that the response can distinguish an empty object from null. */
const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [typename],
});
