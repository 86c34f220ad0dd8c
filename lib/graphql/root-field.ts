import { type DocumentNode, type FieldNode, Kind, type OperationDefinitionNode, type SelectionNode } from "graphql";

/** Returns the first root field of an operation, through fragments: in a valid subscription it is the only one. */
export function rootField(
  { definitions }: DocumentNode,
  { selectionSet }: Pick<OperationDefinitionNode, "selectionSet">,
): FieldNode | undefined {
  const first = (selections: readonly SelectionNode[]): FieldNode | undefined => {
    for (const selection of selections) {
      const found = selection.kind === Kind.FIELD ? selection : first(selectionsOf(selection));
      if (found) return found;
    }
    return undefined;
  };
  const selectionsOf = (selection: Exclude<SelectionNode, FieldNode>): readonly SelectionNode[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections;
    const fragment = definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    );
    return fragment && "selectionSet" in fragment ? fragment.selectionSet.selections : [];
  };
  return first(selectionSet.selections);
}
