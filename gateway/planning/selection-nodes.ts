import { type DirectiveNode, type FieldNode, type InlineFragmentNode, Kind, type SelectionNode } from "graphql";

export const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/**
 * Returns an inline fragment with the selections, or nothing when there are none.
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
