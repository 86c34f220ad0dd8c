import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";

/** Returns the fields of a selection without `__typename`, its fragments expanded whose type condition applies. */
export const fieldsIn = (
  set: SelectionSetNode | undefined,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  applies: (condition: string) => boolean,
): FieldNode[] =>
  (set?.selections ?? []).flatMap((selection): FieldNode[] => {
    if (selection.kind === Kind.FIELD) return selection.name.value === "__typename" ? [] : [selection];
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    const condition = fragment?.typeCondition?.name.value;
    return condition === undefined || applies(condition) ? fieldsIn(fragment?.selectionSet, fragments, applies) : [];
  });
