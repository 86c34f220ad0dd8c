import {
  DirectiveLocation,
  type DirectiveNode,
  type FieldNode,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { PublicError } from "#lib/errors.ts";
import { isIncluded, isIntrospection, type Operation } from "../operation.ts";
import type { Aliases } from "./aliases.ts";
import { forSubgraphs } from "./executable-directives.ts";
import { InterfaceObjectSelections } from "./foreign-shapes/interface-object-selections.ts";
import type { PlannedSupergraph } from "./planned-supergraph.ts";
import { type InlineFragment, narrowed, type Scope, scopeOf } from "./selection-scope.ts";
import { fragmentOn, typename } from "./selection-nodes.ts";

/** What an operation is planned for. */
export interface PlannedFor {
  /** Fields that are not requested: they are null, with a refusal at their place. */
  refused: ReadonlyMap<FieldNode, PublicError>;
  /** The values of the variables that `@include` and `@skip` name. */
  booleans: ReadonlyMap<string, boolean>;
}

/** A supergraph, as far as the form of selections depends on it. */
export interface SelectedSupergraph {
  apiSchema: GraphQLSchema;
  planned: Pick<PlannedSupergraph, "interfaceObjects" | "unresolvableKeys" | "requiring">;
}

/** The selections of one operation in the form in which they are planned. */
export class SelectionsToPlan {
  readonly #schema: GraphQLSchema;
  readonly #fragments: Operation["fragments"];
  readonly #plannedFor: PlannedFor;
  readonly #aliases: Aliases;
  readonly #interfaceObjects: InterfaceObjectSelections;

  constructor(
    { apiSchema, planned }: SelectedSupergraph,
    { fragments }: Operation,
    plannedFor: PlannedFor,
    aliases: Aliases,
  ) {
    this.#schema = apiSchema;
    this.#fragments = fragments;
    this.#plannedFor = plannedFor;
    this.#aliases = aliases;
    this.#interfaceObjects = new InterfaceObjectSelections(apiSchema, planned, {
      included: (set) => this.#included(set),
      field: (field, type) => this.#field(field, type),
    });
  }

  selections(set: SelectionSetNode, scope: Scope): SelectionNode[] {
    const { type, possible } = scope;
    if (isAbstractType(type) && possible.length > 0 && this.#interfaceObjects.mayBeKnownByInterface(type))
      return this.#interfaceObjects.selections(set, { type, possible });
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
    const selections = this.selections(field.selectionSet, scopeOf(this.#schema, inner));
    // A subgraph may declare the field with an object type, for which the planner does not select the name of the type.
    const depends =
      isAbstractType(inner) &&
      !this.#interfaceObjects.mayBeKnownByInterface(inner) &&
      selections.some(hasTypeCondition);
    return [{ ...simple, selectionSet: setOf(depends ? [typename, ...selections] : selections) }];
  }

  #fragment({ selectionSet, typeCondition: condition, directives }: InlineFragment, scope: Scope): SelectionNode[] {
    const narrower = narrowed(this.#schema, scope, condition?.name.value);
    if (!narrower) return [];
    if (
      narrower.type !== scope.type &&
      isAbstractType(narrower.type) &&
      this.#interfaceObjects.mayBeKnownByInterface(narrower.type)
    )
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
}

const hasTypeCondition = (selection: SelectionNode): boolean =>
  selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition !== undefined;

/** Selects `__typename` of an object without other selections, so that the response can distinguish an empty object from null. */
export const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: selections.length > 0 ? selections : [typename],
});
