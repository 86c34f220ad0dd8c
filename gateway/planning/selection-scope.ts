import {
  type DirectiveNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
} from "graphql";

/** What is known of an object where its fields are selected. */
export interface Scope {
  /** The type whose fields can be selected. */
  type: GraphQLCompositeType;
  /** The types that the object may have. */
  possible: readonly GraphQLObjectType[];
}

/** `directives` are those that are for subgraphs. */
export interface InlineFragment extends Pick<InlineFragmentNode, "kind" | "typeCondition" | "selectionSet"> {
  directives: readonly DirectiveNode[];
}

export const scopeOf = (schema: GraphQLSchema, type: GraphQLCompositeType): Scope => ({
  type,
  possible: isObjectType(type) ? [type] : schema.getPossibleTypes(type),
});

/** Returns the scope under a type condition; undefined where no object can fit it. */
export function narrowed(schema: GraphQLSchema, scope: Scope, condition: string | undefined): Scope | undefined {
  const type = condition === undefined ? scope.type : schema.getType(condition);
  if (!isCompositeType(type) || type === scope.type) return scope;
  // The enclosing type already implies the condition and has all fields of its type.
  if (isAbstractType(type) && !isUnionType(scope.type) && schema.isSubType(type, scope.type)) return scope;
  const fitting = scopeOf(schema, type).possible;
  const possible = scope.possible.filter((each) => fitting.includes(each));
  return possible.length > 0 ? { type, possible } : undefined;
}
