import { type DocumentNode, type FieldNode, GraphQLError, Kind, type SelectionSetNode } from "graphql";
import type { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { fragmentsOf, keyOf } from "../operation.ts";

/**
 * Returns the errors of a subgraph call without a response: one for each field that the call was to fill, so that a client finds the reason of every null
 * at its own path.
 */
export function failedFields(document: DocumentNode, variables: Variables, error: PublicError): GraphQLError[] {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const representations = (variables["representations"] ?? []) as { __typename: string }[];
  const fragments = fragmentsOf(document);

  const fieldsOf = (set: SelectionSetNode | undefined, type: string | undefined): FieldNode[] =>
    (set?.selections ?? []).flatMap((selection): FieldNode[] => {
      if (selection.kind === Kind.FIELD) return selection.name.value === "__typename" ? [] : [selection];
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition?.name.value;
      return type !== undefined && condition !== undefined && condition !== type
        ? []
        : fieldsOf(fragment?.selectionSet, type);
    });

  const paths = fieldsOf(operation?.selectionSet, undefined).flatMap((field): (string | number)[][] =>
    field.name.value === "_entities"
      ? representations.flatMap(({ __typename }, index) => {
          const own = fieldsOf(field.selectionSet, __typename);
          // When a call requests only the type of an object, the object itself fails.
          return own.length > 0 ? own.map((each) => ["_entities", index, keyOf(each)]) : [["_entities", index]];
        })
      : [[keyOf(field)]],
  );
  return paths.map(
    (path) => new GraphQLError(error.message, { path, extensions: { code: error.code, ...error.details } }),
  );
}
