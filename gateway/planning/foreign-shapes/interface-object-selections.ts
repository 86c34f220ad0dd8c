import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { PlannedSupergraph } from "../planned-supergraph.ts";
import { type InlineFragment, type Scope, scopeOf } from "../selection-scope.ts";
import { fragmentOn, typename } from "../selection-nodes.ts";

/** How the rest of an operation is simplified. */
export interface OtherSelections {
  /** Returns the selections of a set that conditions include, with fragments in place of their spreads. */
  included(set: SelectionSetNode): (FieldNode | InlineFragment)[];
  field(field: FieldNode, type: GraphQLCompositeType): SelectionNode[];
}

/**
 * The selections of objects that a subgraph may know by `@interfaceObject` alone: fields are placed where the object's type decides, and the type is
 * selected with them.
 */
export class InterfaceObjectSelections {
  readonly #schema: GraphQLSchema;
  readonly #interfaceObjects: readonly GraphQLInterfaceType[];
  readonly #unresolvableKeys: PlannedSupergraph["unresolvableKeys"];
  readonly #requiring: ReadonlySet<string>;
  readonly #on: OtherSelections;

  constructor(
    schema: GraphQLSchema,
    {
      interfaceObjects,
      unresolvableKeys,
      requiring,
    }: Pick<PlannedSupergraph, "interfaceObjects" | "unresolvableKeys" | "requiring">,
    on: OtherSelections,
  ) {
    this.#schema = schema;
    this.#interfaceObjects = [...interfaceObjects.keys()].map((name) => schema.getType(name)).filter(isInterfaceType);
    this.#unresolvableKeys = unresolvableKeys;
    this.#requiring = requiring;
    this.#on = on;
  }

  /** Returns the selections of objects of an abstract type. */
  selections(set: SelectionSetNode, { type, possible }: AbstractScope): SelectionNode[] {
    return this.#byType({ type, possible }, this.#fieldsByType(set, { type, possible }));
  }

  /** Returns whether a subgraph may know an object of this type by an interface alone. */
  mayBeKnownByInterface(type: GraphQLAbstractType): boolean {
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
      for (const selection of this.#on.included(inner)) {
        if (selection.kind === Kind.FIELD) {
          const field = { node: selection, fragment };
          for (const type of types) fields.get(type)?.push(field);
          continue;
        }
        const condition = selection.typeCondition && this.#schema.getType(selection.typeCondition.name.value);
        if (isCompositeType(condition)) conditions.add(condition);
        const fitting = isCompositeType(condition) ? scopeOf(this.#schema, condition).possible : types;
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
      const behind = scopeOf(this.#schema, known).possible;
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
      byFragment.set(fragment, [...(byFragment.get(fragment) ?? []), ...this.#on.field(node, type)]);
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
