import { type DirectiveNode, type FieldNode, type InlineFragmentNode, Kind, type SelectionNode } from "graphql";

export const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/**
 * A fragment of what is selected; none of nothing.
 * @param type undefined for a fragment without a type condition
 */
export function fragmentOn(
  type: string | undefined,
  selections: readonly SelectionNode[],
  directives: readonly DirectiveNode[] = [],
): InlineFragmentNode[] {
  if (selections.length === 0) return [];
  const condition = type !== undefined && {
    typeCondition: { kind: Kind.NAMED_TYPE as const, name: { kind: Kind.NAME as const, value: type } },
  };
  return [
    {
      kind: Kind.INLINE_FRAGMENT,
      ...condition,
      directives,
      selectionSet: { kind: Kind.SELECTION_SET, selections },
    },
  ];
}
