import { type FieldNode, Kind, type SelectionSetNode, visit } from "graphql";
import { type Operation, operationOf } from "../operation.ts";

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/**
 * The operation without the fields that are refused, to be planned. Where an object loses all its fields it is still asked for, so that the
 * answer can tell one that has nothing to show from none.
 */
export function allowedOperation(operation: Operation, refused: { has(field: FieldNode): boolean }): Operation {
  const allowed = visit(
    { kind: Kind.DOCUMENT as const, definitions: [operation.definition, ...operation.fragments.values()] },
    {
      Field: (node) => (refused.has(node) ? null : undefined),
      SelectionSet: {
        leave: (set): SelectionSetNode | undefined =>
          set.selections.length === 0 ? { ...set, selections: [typename] } : undefined,
      },
    },
  );
  // Fragments that only refused fields spread are no longer reached.
  const remaining = operationOf(allowed, operation.definition.name?.value);
  if (!remaining) throw new Error("An operation without some of its fields is still an operation.");
  return remaining;
}
