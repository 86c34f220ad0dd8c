import {
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from "graphql";

/** One operation of a document, with the fragments that it reaches. */
export interface Operation {
  definition: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

export const documentOf = ({ definition, fragments }: Operation): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: [definition, ...fragments.values()],
});

/** Returns the fragments of a document by their names. */
export const fragmentsOf = (document: DocumentNode): Map<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );

/** Returns the key of a field in its response. */
export const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

/** Returns whether the gateway itself answers a field of this name, from the schema that clients see. */
export const isIntrospection = (field: string): boolean => field === "__schema" || field === "__type";

/**
 * Finds an operation of a document.
 * @returns undefined when there is none of that name, or several and no name was given
 */
export function operationOf(document: DocumentNode, name: string | undefined): Operation | undefined {
  const definition = getOperationAST(document, name);
  if (!definition) return undefined;
  const all = fragmentsOf(document);
  const fragments = new Map<string, FragmentDefinitionNode>();
  const reach = (node: ASTNode): void => {
    visit(node, {
      FragmentSpread: ({ name: spread }) => {
        const found = all.get(spread.value);
        if (!found || fragments.has(spread.value)) return;
        fragments.set(spread.value, found);
        reach(found);
      },
    });
  };
  reach(definition);
  return { definition, fragments };
}

/** Returns whether a directive is `@skip` or `@include`. */
export const isCondition = ({ name }: DirectiveNode): boolean => name.value === "skip" || name.value === "include";

/** Returns whether `@include` and `@skip` include a selection. */
export const isIncluded = ({ directives = [] }: SelectionNode, booleans: ReadonlyMap<string, boolean>): boolean =>
  directives.filter(isCondition).every(({ name, arguments: given }) => {
    const condition = given?.[0]?.value;
    const value =
      condition?.kind === Kind.VARIABLE
        ? booleans.get(condition.name.value)
        : condition?.kind === Kind.BOOLEAN && condition.value;
    return value === (name.value === "include");
  });
