import {
  type ASTVisitor,
  type DirectiveNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { isCondition } from "../operation.ts";

/**
 * "Single Root Field" of the specification (September 2025, 5.2.4.1), including conditions at the root. The rule of graphql 16 evaluates conditions without
 * variables and throws at the first one. The message is that of graphql 17.
 */
function subscriptionRootRule(context: ValidationContext): ASTVisitor {
  const { OperationDefinition: singleField } = SingleFieldSubscriptionsRule(context) as {
    OperationDefinition(node: OperationDefinitionNode): void;
  };
  return {
    OperationDefinition: (node) => {
      if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
      const nodes = conditionsAtRoot(node.selectionSet, context);
      if (nodes.length === 0) return singleField(node);
      const subject = node.name ? `Subscription "${node.name.value}"` : "Anonymous Subscription";
      context.reportError(
        new GraphQLError(`${subject} must not use \`@skip\` or \`@include\` directives in the top level selection.`, {
          nodes,
        }),
      );
    },
  };
}

/** The rules of the specification, as the gateway applies them. */
export const validationRules: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === SingleFieldSubscriptionsRule ? subscriptionRootRule : rule,
);

function conditionsAtRoot(
  { selections }: SelectionSetNode,
  context: ValidationContext,
  seen = new Set<string>(),
): DirectiveNode[] {
  return selections.flatMap((selection) => {
    const own = (selection.directives ?? []).filter(isCondition);
    if (selection.kind === Kind.FIELD) return own;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [...own, ...conditionsAtRoot(selection.selectionSet, context, seen)];
    const name = selection.name.value;
    const fragment = seen.has(name) ? undefined : context.getFragment(name);
    seen.add(name);
    return fragment ? [...own, ...conditionsAtRoot(fragment.selectionSet, context, seen)] : own;
  });
}
