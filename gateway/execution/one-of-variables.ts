import {
  getNullableType,
  GraphQLError,
  isInputObjectType,
  isNullableType,
  typeFromAST,
  type ValidationRule,
} from "graphql";

/**
 * Rejects a nullable variable as the member of a `@oneOf` object. graphql-js (16.15) checks this only where the object itself may be null: it does not
 * recognize `By!` as an input object.
 */
export const OneOfVariablesRule: ValidationRule = (context) => ({
  OperationDefinition: {
    leave: (operation) => {
      const definitions = new Map(
        (operation.variableDefinitions ?? []).map((definition) => [definition.variable.name.value, definition]),
      );
      for (const { node, parentType } of context.getRecursiveVariableUsages(operation)) {
        const definition = definitions.get(node.name.value);
        const object = getNullableType(parentType);
        if (!definition || object === parentType || !isInputObjectType(object) || !object.isOneOf) continue;
        const type = typeFromAST(context.getSchema(), definition.type as never);
        if (!isNullableType(type)) continue;
        context.reportError(
          new GraphQLError(
            `Variable "$${node.name.value}" is of type "${type}" but must be non-nullable to be used for OneOf Input Object "${object}".`,
            { nodes: [definition, node] },
          ),
        );
      }
    },
  },
});
