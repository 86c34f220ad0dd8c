import { type GraphQLSchema, isInputObjectType, valueFromAST } from "graphql";

/**
 * Evaluates the defaults of input fields again. The builder of the schema evaluates them before it gives enums the values of the domain, so that the default
 * of a field would be the name of its value.
 */
export function evaluateDefaults(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const written = field.astNode?.defaultValue;
      if (written) field.defaultValue = valueFromAST(written, field.type);
    }
  }
}
