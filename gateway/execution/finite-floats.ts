import {
  type ASTVisitor,
  GraphQLError,
  GraphQLFloat,
  getNullableType,
  isListType,
  type ValidationContext,
  type ValueNode,
} from "graphql";

/**
 * A literal outside the range of a double is not a Float, just as in a variable. graphql-js (16.15) reads `1e400` as Infinity, for which no plan can be
 * made.
 */
export function FiniteFloatsRule(context: ValidationContext): ASTVisitor {
  const check = (node: ValueNode & { value: string }) => {
    let type = getNullableType(context.getInputType());
    while (isListType(type)) type = getNullableType(type.ofType);
    if (type === GraphQLFloat && !Number.isFinite(Number(node.value)))
      context.reportError(new GraphQLError(`Float cannot represent non numeric value: ${node.value}`, { nodes: node }));
  };
  return { IntValue: check, FloatValue: check };
}
