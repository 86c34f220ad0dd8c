import {
  executeSync,
  type ExecutionResult,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type FragmentDefinitionNode,
} from "graphql";
import type { Variables } from "#lib/graphql/variables.ts";
import type { Data } from "../data.ts";
import type { CollectedField } from "./collect-fields.ts";

/** Executes `__schema` and `__type` with graphql-js on the schema that clients see. The result is merged into the response like that of a subgraph. */
export function introspection(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  fields: readonly CollectedField[],
): (variables: Variables) => Data {
  const document = {
    kind: Kind.DOCUMENT as const,
    definitions: [
      {
        ...operation,
        selectionSet: { kind: Kind.SELECTION_SET as const, selections: fields.flatMap(({ nodes }) => nodes) },
      },
      ...fragments.values(),
    ],
  };
  return (variables) => {
    const { data, errors }: ExecutionResult<Data> = executeSync({ schema, document, variableValues: variables });
    if (errors?.[0]) throw errors[0];
    return data ?? {};
  };
}
