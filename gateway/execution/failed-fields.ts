import { type DocumentNode, GraphQLError, Kind } from "graphql";
import type { PublicError } from "#lib/errors.ts";
import type { Variables } from "#lib/graphql/variables.ts";
import { fragmentsOf, keyOf } from "../operation.ts";
import { fieldsIn } from "./fields-in.ts";

/**
 * Returns the errors of a subgraph call without a response: one for each field that the call was to fill, so that a client finds the reason of every null
 * at its own path.
 */
export function failedFields(document: DocumentNode, variables: Variables, error: PublicError): GraphQLError[] {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const representations = (variables["representations"] ?? []) as { __typename: string }[];
  const fragments = fragmentsOf(document);

  const paths = fieldsIn(operation?.selectionSet, fragments, () => true).flatMap((field): (string | number)[][] =>
    field.name.value === "_entities"
      ? representations.flatMap(({ __typename }, index) => {
          const own = fieldsIn(field.selectionSet, fragments, (condition) => condition === __typename);
          // When a call requests only the type of an object, the object itself fails.
          return own.length > 0 ? own.map((each) => ["_entities", index, keyOf(each)]) : [["_entities", index]];
        })
      : [[keyOf(field)]],
  );
  return paths.map(
    (path) => new GraphQLError(error.message, { path, extensions: { code: error.code, ...error.details } }),
  );
}
